"""Which addresses belong together: a directory's own site, and everybody else's."""

from urllib.parse import SplitResult, urlsplit

import tldextract

# No list is fetched: the one that comes with the package is good enough and always there.
_DOMAINS = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def split(url: str) -> SplitResult:
    """The parts of an address; all empty where it is none. Pages write what they like: this never raises."""
    try:
        parts = urlsplit(url.strip())
        parts.hostname, parts.port  # noqa: B018 (both are only looked at when asked for, and may raise)
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def same_site(url: str, site_url: str) -> bool:
    """True if both belong to one registrable domain; of addresses without one (IPs, localhost), to one host."""
    host, site = (split(u).hostname or "" for u in (url, site_url))
    domain, home = (_DOMAINS(h).top_domain_under_public_suffix for h in (host, site))
    return bool(host) and (domain == home if domain and home else host == site)
