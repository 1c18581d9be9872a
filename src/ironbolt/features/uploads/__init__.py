"""Files that clients send: which are taken, under what name they are stored, and what becomes of them if work fails."""

from ironbolt.features.uploads.accepting import Accepted, accept
from ironbolt.features.uploads.declaring import Upload, UploadOptions, upload_of
from ironbolt.features.uploads.handling import FileTooLarge, limit_files
from ironbolt.features.uploads.refusal import Refused
from ironbolt.features.uploads.rules import UploadRule
from ironbolt.features.uploads.storing import Stored

__all__ = [
    "Accepted",
    "FileTooLarge",
    "Refused",
    "Stored",
    "Upload",
    "UploadOptions",
    "UploadRule",
    "accept",
    "limit_files",
    "upload_of",
]
