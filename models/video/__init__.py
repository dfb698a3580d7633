"""How a network meets a video: windows, frames read ahead, pixels, the fast form."""
