"""The way out for what strangers' addresses are opened with: to public addresses, and nowhere else.

Every directory is somebody else's, and may redirect, frame or fetch whatever it likes: the network we are in, with its
databases and its cloud's metadata, must not be among it. `reach` judges addresses, `socks` is the browsers' only way
to the network, `http` that of our own requests. None of them decides what a page may do.
"""
