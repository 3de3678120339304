"""Every default that an installation may change: environment first, then the default here."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Settings:
    """What an installation may change; read once a process."""

    data_folder: Path
    """Where the store, uploads and rasters are kept (COCKPIT_DATA)."""
    database: str
    """SQLAlchemy address of the store (COCKPIT_DATABASE); default: SQLite in the data folder."""
    visitor_class: str
    """Highest class that commands at the terminal show (COCKPIT_VISITOR_CLASS)."""
    small_count: int
    """Counts of sensitive groups below this are not shown (COCKPIT_SMALL_COUNT)."""
    tile_above: int
    """Layers with more features than this come in tiles (COCKPIT_TILE_ABOVE)."""
    upload_bytes: int
    """Largest upload (COCKPIT_UPLOAD_MB)."""
    basemap_tiles: str
    """URL template of an official map service's raster tiles, or "" (COCKPIT_BASEMAP_TILES)."""
    basemap_host: str
    """Origin that the content policy must allow for these tiles."""
    language: str
    """Language for a visitor who has not chosen: zh or en (COCKPIT_LANGUAGE)."""
    timezone: str = "Asia/Shanghai"
    """Where the county's clocks are (COCKPIT_TIMEZONE): live feeds are held against them."""
    quality_good: float = 0.98
    """A data set scoring below this (0 to 1) is an alarm (COCKPIT_QUALITY_GOOD)."""
    quality_watch: float = 0.90
    """Below this its light is red, not yellow (COCKPIT_QUALITY_WATCH)."""
    privacy_budget: str = "1"
    """Epsilon that noisy public figures may take in a year (COCKPIT_PRIVACY_BUDGET), exact: 0.5 or
    1/2; above 2 it counts as 2."""
    checkpoints: Path | None = None
    """The second place of the audit trail's signed checkpoints and of the list of what was
    destroyed (COCKPIT_CHECKPOINTS), best on another disk or another machine's; default: beside the
    store's folder, where a backup put back into that folder does not reach it."""
    targets: Path | None = None
    """The county's targets for the page Overview (COCKPIT_TARGETS), a TOML file; default:
    ``targets.toml`` in the data folder."""
    demo_accounts: bool = False
    """Offer accounts to look around with, without a password, while the loaded county is an
    invented one (COCKPIT_DEMO_ACCOUNTS=1)."""
    trusted_proxy: bool = False
    """A proxy of ours stands before the cockpit and alone reaches it: believe its
    X-Forwarded-Proto and X-Forwarded-For (COCKPIT_TRUSTED_PROXY=1)."""
    oidc_metadata: str = ""
    """Address of an identity provider's description, .well-known/openid-configuration
    (COCKPIT_OIDC_METADATA); "" signs in by password alone."""
    oidc_client_id: str = ""
    """What the provider knows the cockpit as (COCKPIT_OIDC_CLIENT_ID)."""
    oidc_client_secret: str = field(default="", repr=False)
    """What proves it to the provider (COCKPIT_OIDC_CLIENT_SECRET)."""
    oidc_claim: str = "preferred_username"
    """Claim that holds the name of an account here (COCKPIT_OIDC_CLAIM)."""
    keys_folder: Path | None = None
    """Where the key file is (COCKPIT_KEYS), best on another disk than the store and its backups,
    and one folder for each installation; default: ``keys`` beside the store."""
    key_secret: str = field(default="", repr=False)
    """What the key file is locked with (COCKPIT_KEY_SECRET); "" relies on its file mode alone."""
    cipher: str = "aes"
    """Cipher of new keys (COCKPIT_CIPHER): aes for AES-256-GCM, sm4 for SM4-GCM."""
    scenes: Path | None = None
    """The file with scenes of the screen (COCKPIT_SCENES); default: ``scenes.toml`` in the data
    folder, which need not be there."""


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    env = os.environ.get
    folder = Path(env("COCKPIT_DATA", str(ROOT / "data"))).expanduser()
    tiles = env("COCKPIT_BASEMAP_TILES", "")
    host = "/".join(tiles.split("/")[:3]) if tiles.startswith("https://") else ""
    keys = env("COCKPIT_KEYS", "")
    checkpoints = env("COCKPIT_CHECKPOINTS", "")
    targets = env("COCKPIT_TARGETS", "")
    scenes = env("COCKPIT_SCENES", "")
    return Settings(
        data_folder=folder,
        database=env("COCKPIT_DATABASE", f"sqlite:///{folder / 'county.sqlite'}"),
        visitor_class=env("COCKPIT_VISITOR_CLASS", "备用"),
        small_count=int(env("COCKPIT_SMALL_COUNT", "10")),
        tile_above=int(env("COCKPIT_TILE_ABOVE", "20000")),
        upload_bytes=int(env("COCKPIT_UPLOAD_MB", "100")) * 1024 * 1024,
        basemap_tiles=tiles if host else "",
        basemap_host=host,
        language=env("COCKPIT_LANGUAGE", "zh"),
        timezone=env("COCKPIT_TIMEZONE", "Asia/Shanghai"),
        quality_good=float(env("COCKPIT_QUALITY_GOOD", "0.98")),
        quality_watch=float(env("COCKPIT_QUALITY_WATCH", "0.90")),
        privacy_budget=env("COCKPIT_PRIVACY_BUDGET", "1"),
        checkpoints=Path(checkpoints).expanduser() if checkpoints else None,
        targets=Path(targets).expanduser() if targets else None,
        demo_accounts=env("COCKPIT_DEMO_ACCOUNTS", "") == "1",
        trusted_proxy=env("COCKPIT_TRUSTED_PROXY", "") == "1",
        oidc_metadata=env("COCKPIT_OIDC_METADATA", ""),
        oidc_client_id=env("COCKPIT_OIDC_CLIENT_ID", ""),
        oidc_client_secret=env("COCKPIT_OIDC_CLIENT_SECRET", ""),
        oidc_claim=env("COCKPIT_OIDC_CLAIM", "preferred_username"),
        keys_folder=Path(keys).expanduser() if keys else None,
        key_secret=env("COCKPIT_KEY_SECRET", ""),
        cipher=env("COCKPIT_CIPHER", "aes").lower(),
        scenes=Path(scenes).expanduser() if scenes else None,
    )
