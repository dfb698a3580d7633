"""Training of networks: the recipe of STSANet, for any registered network."""
