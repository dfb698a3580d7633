"""Reading one file: images, MATLAB files, videos."""
