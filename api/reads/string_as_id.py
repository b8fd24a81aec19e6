"""Variables of type String where an ID belongs: allowed for clients from before June 2027, and noted as deprecated.

What names a thing, by its UUID or key, is an ID everywhere, so that one variable serves a query and a mutation.
"""

from typing import Any

from graphql import (
    GraphQLError,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
    OperationDefinitionNode,
    VariablesInAllowedPositionRule,
    specified_rules,
    type_from_ast,
)
from graphql.validation.rules.variables_in_allowed_position import allowed_variable_usage


class StringAsIdRule(VariablesInAllowedPositionRule):
    """GraphQL's own rule, which also lets a String pass where an ID belongs."""

    def leave_operation_definition(self, operation: OperationDefinitionNode, *_: Any) -> None:
        schema = self.context.schema
        for usage in self.context.get_recursive_variable_usages(operation):
            definition = self.var_def_map.get(usage.node.name.value)
            if definition is None or usage.type is None:
                continue  # another rule refuses it
            given = type_from_ast(schema, definition.type)
            if given is None:
                continue
            if not any(
                allowed_variable_usage(schema, each, definition.default_value, usage.type, usage.default_value)
                for each in (given, _as_id(given))
            ):
                name = usage.node.name.value
                text = f"Variable '${name}' of type '{given}' used in position expecting type '{usage.type}'."
                self.report_error(GraphQLError(text, [definition, usage.node]))


def _as_id(type_: Any) -> Any:
    """The type, with ID instead of String."""
    if isinstance(type_, GraphQLNonNull):
        return GraphQLNonNull(_as_id(type_.of_type))
    if isinstance(type_, GraphQLList):
        return GraphQLList(_as_id(type_.of_type))
    return GraphQLID if type_ is GraphQLString else type_


RULES = [StringAsIdRule if each is VariablesInAllowedPositionRule else each for each in specified_rules]
"""The rules of validation."""
