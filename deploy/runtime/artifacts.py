"""Addresses under which people see what the artifact store keeps."""

from collections.abc import Callable
from datetime import timedelta

import botocore.exceptions

from activities.artifacts import ArtifactStore
from deploy.runtime.aws import s3_client
from deploy.runtime.settings import Settings

FOR_A_REPORT = timedelta(days=7)
FOR_A_LOOK = timedelta(hours=1)
FOR_A_GLANCE = timedelta(minutes=5)


def store(settings: Settings) -> ArtifactStore:
    """The artifact store by itself: what it does not take is not kept elsewhere."""
    return ArtifactStore(s3_client(settings), settings.artifact_bucket)


def linker(settings: Settings, lifetime: timedelta) -> Callable[[str], str]:
    """Makes of an artifact's key a link that works for so long; without credentials for the store, the key stays."""
    artifacts = store(settings)

    def link(key: str) -> str:
        try:
            return artifacts.link(key, lifetime)
        except botocore.exceptions.NoCredentialsError:
            return key

    return link
