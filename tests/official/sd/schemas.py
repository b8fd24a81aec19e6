"""SD's own XSDs made usable: one schema an operation, and the namespaces that plain HTTP leaves out.

The files import one namespace from many files, of which libxml2 loads the first only; so each namespace gets one
wrapper that includes all its files, and one schema imports the wrappers (the README beside the files says so).
"""

import re
from collections import defaultdict
from pathlib import Path

from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
_COPY = re.compile(r"\d{9,}\.xsd$")  # second copies of other files
_CODE = "JobPositionIdentifier"  # GetProfession has it in two namespaces: one in the echo, one in the answer
_CODE_IN_ECHO, _CODE_IN_ANSWER = (f"http://rep.oio.dk/sd.dk/xml.schema/{day}/" for day in ("20070401", "20080201"))


class Bundle:
    """The schema of one operation. ``folder``: wsdl/<operation>; ``work``: an empty folder to build in."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.namespaces: dict[str, str] = {}
        files: dict[str, list[str]] = defaultdict(list)
        for index, schema in enumerate(_schemas(folder)):
            namespace = schema.get("targetNamespace") or ""
            for name in schema.iter(f"{{{XSD}}}element"):
                if name.get("name"):
                    self.namespaces.setdefault(str(name.get("name")), namespace)
            for each in list(schema):
                if each.tag in (f"{{{XSD}}}include", f"{{{XSD}}}import"):
                    schema.remove(each)
            others = {uri for element in schema.iter() for uri in element.nsmap.values()} - {namespace, XSD}
            for uri in sorted(others):
                schema.insert(0, etree.Element(f"{{{XSD}}}import", namespace=uri))
            name = f"{index}.xsd"
            (work / name).write_bytes(etree.tostring(schema))
            files[namespace].append(name)
        self.schema = etree.XMLSchema(etree.parse(_root(files, work)))

    def validate(self, answer: bytes, *, profession: bool = False) -> list[str]:
        """What is wrong with an answer of plain HTTP; empty = nothing."""
        root = etree.fromstring(answer)
        for element in root.iter():
            if not isinstance(element.tag, str):
                continue
            parent = element.getparent()
            namespace = self.namespaces[element.tag]
            if profession and element.tag == _CODE and parent is not None:
                namespace = _CODE_IN_ECHO if parent.tag.endswith("RequestKey") else _CODE_IN_ANSWER
            element.tag = f"{{{namespace}}}{element.tag}"
        self.schema.validate(root)
        return [f"{each.line}: {each.message}" for each in self.schema.error_log]


def _schemas(folder: Path) -> list[etree._Element]:
    found = [
        etree.parse(path).getroot() for path in sorted((folder / "xsd").glob("*.xsd")) if not _COPY.search(path.name)
    ]
    if not found:
        wsdl = etree.parse(next(folder.glob("*.wsdl")))
        found = [etree.fromstring(etree.tostring(each)) for each in wsdl.getroot().iter(f"{{{XSD}}}schema")]
    return found


def _root(files: dict[str, list[str]], work: Path) -> Path:
    imports = []
    for index, (namespace, names) in enumerate(files.items()):
        includes = "".join(f'<include schemaLocation="{name}"/>' for name in names)
        wrapper = work / f"wrapper{index}.xsd"
        wrapper.write_text(
            f'<schema xmlns="{XSD}" targetNamespace="{namespace}" elementFormDefault="qualified">{includes}</schema>'
        )
        imports.append(f'<import namespace="{namespace}" schemaLocation="{wrapper.name}"/>')
    root = work / "root.xsd"
    root.write_text(f'<schema xmlns="{XSD}">{"".join(imports)}</schema>')
    return root
