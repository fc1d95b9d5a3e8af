"""What the law leaves to the house; the config's section `[regimes]`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from regimes.regime import all_regimes, codes


class Settings(BaseModel):
    """How careful the desk is, and which practices it relies on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    margin_days: int = Field(
        default=3,
        ge=0,
        description="The internal date lies so many days before the unmoved last day.",
    )
    switched_on: frozenset[str] = Field(
        default=frozenset(),
        description="Starts and pauses that practice merely tolerates, by code; none by default.",
    )
    own_periods: dict[str, Annotated[int, Field(gt=0)]] = Field(
        default_factory=dict,
        description="Days the company itself has published where the law asks it to, by regime.",
    )

    @field_validator("switched_on")
    @classmethod
    def _are_optional_rules(cls, value: frozenset[str]) -> frozenset[str]:
        known: set[str] = set()
        for regime in all_regimes() if value else ():
            known |= {rule.code for rule in regime.starts if rule.optional}
            known |= {rule.code for rule in regime.pauses if rule.optional}
        if unknown := sorted(value - known):
            raise ValueError(f"no such rule: {', '.join(unknown)}; there are {sorted(known)}")
        return value

    @field_validator("own_periods")
    @classmethod
    def _are_regimes(cls, value: dict[str, int]) -> dict[str, int]:
        if unknown := sorted(set(value) - set(codes())):
            raise ValueError(f"no such regime: {', '.join(unknown)}")
        return value
