"""What the tables of a design file have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt

Count = Annotated[StrictInt, Field(ge=1)]
Natural = Annotated[StrictInt, Field(ge=0)]


class Section(BaseModel):
    """A table of the design file; keys it does not know are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")
