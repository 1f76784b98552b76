"""Makes the wheel for `pip install .`: the one that WIGEN_WHEEL names, a path or a URL, or else one that
maturin builds, which needs Rust. pre-commit installs hooks with `language: python` in this way."""

import os
import shutil
import urllib.request
from pathlib import PurePosixPath

BUILT = os.environ.get("WIGEN_WHEEL")


def get_requires_for_build_wheel(config_settings=None):
    return [] if BUILT else ["maturin>=1.9,<2"]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if not BUILT:
        import maturin

        return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
    name = PurePosixPath(BUILT).name
    to = os.path.join(wheel_directory, name)
    if "://" in BUILT:
        urllib.request.urlretrieve(BUILT, to)
    else:
        shutil.copyfile(BUILT, to)
    return name
