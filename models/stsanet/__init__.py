"""STSANet, the spatio-temporal self-attention network for video saliency prediction, and its ablations.

Z. Wang, Z. Liu, G. Li, Y. Wang, T. Zhang, L. Xu and J. Wang, Spatio-Temporal Self-Attention Network for Video Saliency
Prediction, IEEE Transactions on Multimedia 25, 1161-1174, 2023, DOI 10.1109/TMM.2021.3139743.

Where to read what, in the order of Section III: `videosal.models.layers.s3d` (the backbone), `self_attention`,
`fusion`, `readout`, `network`. `structure` says what each row of Tables III to VI changes, `entries` registers them,
`official` knows the authors' key names. Only `structure` and `entries` can be imported without torch.
"""
