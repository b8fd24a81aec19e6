"""Decisions about accounts at targets, as the API knows them: the resource, and its refusals in GraphQL's form."""

from graphql import GraphQLError

from api.named_arguments import retry_shown
from exporters.errors import ExportError
from exporters.objects.deciding import Decisions, NoSuchTarget, NotDecided, TargetBusy


def known(decisions: Decisions | None) -> Decisions:
    """Raises NoSuchTarget."""
    if decisions is None:
        raise NoSuchTarget("This service knows no targets.")
    return decisions


def as_graphql(refused: ExportError | NotDecided) -> GraphQLError:
    """A refusal in GraphQL's form."""
    if isinstance(refused, NotDecided):
        return GraphQLError(str(refused), extensions={"code": "not_decidable", "retry": "never"})
    code = {NoSuchTarget: "unknown_target", TargetBusy: "busy"}.get(type(refused), "target_failed")
    return GraphQLError(str(refused), extensions={"code": code, "retry": retry_shown(refused.retry)})
