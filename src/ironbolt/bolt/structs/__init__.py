"""Structs and models: how rows are read into the one and written from it."""

from ironbolt.bolt.structs.computing import computed
from ironbolt.bolt.structs.declaring import ModelInput, ModelStruct
from ironbolt.bolt.structs.fields import source

__all__ = ["ModelInput", "ModelStruct", "computed", "source"]
