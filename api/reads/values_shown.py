"""Compiles the values of a thing, as far as the caller may read them."""

from dataclasses import dataclass

from graphql import GraphQLError

from api.access.rights import FIELDS, LIMITED_FIELDS, READ, lacks_field, outside_groups
from api.model.fields import Type, Value
from api.model.filters import camel
from api.model.naming import NAMING
from api.model.records import GUARDED
from api.reads.compilation import Compilation
from api.reads.labels import label


@dataclass(slots=True)
class ValuesShown(Compilation):
    """Compiles the values of things: a value that the caller may read somewhere else only is hidden here."""

    def _value(self, type_: Type, value: Value, n: str, v: str, r: str) -> str:
        shown_where = self._shown_where(type_, value, n)
        if value.only_now:
            self._refuse_known(f"{type_.name}.{value.name}", value.only_now)
        text = self._plain(type_, value, n, v, r)
        return f"CASE WHEN {shown_where} THEN {text} ELSE {value.instead} END" if shown_where else text

    def _shown_where(self, type_: Type, value: Value, n: str) -> str:
        """The condition under which a visible thing shows the value; "" if there is none. Raises GraphQLError if it is
        shown nowhere."""
        name = f"{type_.name}.{value.name}"
        if value.right != "open" and value.right not in self.rights:
            if self.scope is None or not self.scope.limited(FIELDS[value.right]):
                raise lacks_field(name, value.right)
            return self._where_held(type_, n, FIELDS[value.right])
        return self._where_grouped(type_, name, value.group, n)

    def _where_grouped(self, type_: Type, name: str, group: str, n: str) -> str:
        """The condition that a field group is shown where a thing lies; "" if it is wherever the thing is. ``name``:
        what asks for the group. Raises GraphQLError (forbidden) if it is shown nowhere."""
        if not group or self.scope is None:
            return ""
        roles = LIMITED_FIELDS[group]
        shown = self.scope.limited(roles)
        if shown == ():
            raise outside_groups(name, group, roles)
        if shown is None or shown == self.scope.limited(READ[type_.name.removesuffix("State")]):
            return ""
        return self._where_held(type_, n, roles)

    def _hidden(self, type_: Type, n: str) -> str:
        """The names of a thing's values that the caller may not read, as a list in Cypher; "" if there are none."""
        never: list[str] = []
        elsewhere: dict[tuple[str, str], tuple[str, list[str]]] = {}
        for prop in type_.kind.properties if type_.kind is not None else ():
            value = type_.fields[camel(prop.name)]
            assert isinstance(value, Value)
            try:
                where = self._shown_where(type_, value, n)
            except GraphQLError:
                never.append(prop.name)
            else:
                if where:
                    elsewhere.setdefault((value.right, value.group), (where, []))[1].append(prop.name)
        lists = [str(never)] if never else []
        lists += [f"CASE WHEN {where} THEN [] ELSE {names} END" for where, names in elsewhere.values()]
        return " + ".join(lists)

    def _where_held(self, type_: Type, n: str, roles: frozenset[str]) -> str:
        """The condition that a thing, or what a state is of, lies where one of these roles holds."""
        kind = type_.name.removesuffix("State")
        if kind == type_.name:
            return self._inside((kind,), n, roles)
        owner = self.new_name("owner")
        return f"EXISTS {{ MATCH ({owner}:{kind})-[:STATE]->({n}) WHERE {self._inside((kind,), owner, roles)} }}"

    def _plain(self, type_: Type, value: Value, n: str, v: str, r: str) -> str:
        if value.name in NAMING and self.scope is not None and self.scope.limited(READ["Unit"]) is not None:
            return "null"
        if value.right == "cpr":
            self.reads_cpr = True
            return f"{{`_cpr`: [{n}.cpr_cipher, {n}.cpr_key, {n}.uuid]}}"
        text = value.text.replace("{active}", self.moment.active(n))
        if "{label}" in text:
            return label((type_.name,), n, v, self.moment, self._and_inside)
        if "{child_count}" in text:
            return f"""COUNT {{
            MATCH ({n})<-[part:PART_OF]-(child:Unit)
            WHERE {self.moment.in_force("part")} AND {self.moment.active("child")}{self._and_inside(("Unit",), "child")}
            RETURN DISTINCT child
        }}"""
        text = text.replace("{as_of}", self.moment.as_of(n)).replace("{moment}", self.moment.text)
        text = text.replace("{known_on}", self.moment.knowledge)
        text = text.replace("{exists_from}", self.moment.exists_from(n)).replace(
            "{exists_to}", self.moment.exists_to(n)
        )
        if "{unless}" in text:  # the whole text of a record, which may name things of anywhere
            if self.scope is not None and self.scope.limited(READ[type_.name]) is not None:
                return "null"
            text = text.replace("{unless}", self._unless_guarded(type_, n))
        return text.replace("{n}", n).replace("{v}", v).replace("{r}", r)

    def _unless_guarded(self, record: Type, n: str) -> str:
        """Whether the whole text of a record may be read, as Cypher."""
        conditions = []
        for kind, right in GUARDED.items():
            if right in self.rights:
                continue
            may = ""
            if self.scope is not None and self.scope.limited(FIELDS[right]):
                may = f" OR {self._inside((record.name,), n, FIELDS[right])}"
            conditions.append(f"({n}.kind <> '{kind}'{may})")
        return " AND ".join(conditions) or "true"
