"""Secrets that let somebody in: tokens, links, sessions, drafts. We keep their sha256; the secret is shown once.

Each is 32 random bytes, so that a fast hash is enough: there is nothing to guess. Whoever looks one up by its hash
takes the same time for any guess, as nothing that is compared comes from the secret itself.
"""

import hashlib
import hmac
import secrets


def mint(prefix: str) -> str:
    """A new secret: the prefix, by which people and scanners know what it is for, and 43 URL-safe characters."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored in its place, 32 bytes. Anything may be asked for, also what no secret looks like."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def same(given: str, stored: bytes) -> bool:
    """Whether it is the secret of that digest, in the same time for any guess."""
    return hmac.compare_digest(digest(given), stored)
