"""The other systems of Table I: networks that load their authors' weights and meet a video as their code does.

One system has two files: ``NAME.py`` holds its card, its entry and how it meets a video, and is read without torch;
``NAME_network.py`` holds the network, with the names of the authors' weights.
"""
