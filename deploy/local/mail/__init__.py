"""Where the mails of a local stack go: a mail server that sends nothing on, and a page that shows what came."""
