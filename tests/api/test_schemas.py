"""The XML documents of the server against the schemas that OGC publishes."""

import functools
import hashlib
import json
import os
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
import xmlschema

SERVER = os.environ["PLANTILES_URL"].rstrip("/")
PACKAGE = Path(os.environ["PLANTILES_SCHEMAS"]) / "52n-ogc-schema-2.7.0.jar"
SHA256 = "2b84678c69569fabeb7f7c0eac95cb64bbf782359862c5b7926b40a69cc25673"
OGC = "http://schemas.opengis.net/"
W3C = {
    "http://www.w3.org/1999/xlink.xsd": "XLINK/xlink.xsd",
    "http://www.w3.org/2001/xml.xsd": "XML/xml.xsd",
}

LIMITS = {"MinTileRow", "MaxTileRow", "MinTileCol", "MaxTileCol"}
"""Typed as positive by the schema, whose own words say, as the standard does (07-057r7, table 13): from 0."""


@pytest.fixture(scope="session")
def errors(tmp_path_factory):
    """A function: what is wrong in a document by a schema of OGC, as pairs of an element's name and a reason."""
    assert hashlib.sha256(PACKAGE.read_bytes()).hexdigest() == SHA256
    folder = tmp_path_factory.mktemp("schemas")
    zipfile.ZipFile(PACKAGE).extractall(folder)

    def local(url):
        """Where the package, or the validator, has what is at `url`."""
        if url.startswith(OGC):
            return (folder / "META-INF/xml" / url.removeprefix(OGC)).as_uri()
        if url in W3C:
            return (Path(xmlschema.__file__).parent / "schemas" / W3C[url]).as_uri()
        return url

    @functools.cache
    def read(schema):
        # Lax: GML, of which no document here has anything, restricts its own types in ways that XSD forbids.
        return xmlschema.XMLSchema(local(OGC + schema), uri_mapper=local, allow="local", validation="lax")

    def errors(schema, document):
        found = read(schema).iter_errors(document, use_location_hints=False)
        return [(error.path.rsplit("/", 1)[1].split("[")[0], error.reason, error.obj) for error in found]

    return errors


def fetch(path):
    try:
        with urllib.request.urlopen(SERVER + path) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.read().decode()


def is_limit(error):
    name, reason, value = error
    return name in LIMITS and (reason, str(getattr(value, "text", value))) == ("value must be positive", "0")


CAPABILITIES = "/wmts?service=WMTS&request=GetCapabilities"


def test_wmts_capabilities(errors):
    found = errors("wmts/1.0/wmtsGetCapabilities_response.xsd", fetch(CAPABILITIES))
    assert [error for error in found if not is_limit(error)] == []


@pytest.mark.parametrize("right, wrong", [
    ("<ows:Identifier>plan</ows:Identifier>", ""),
    ("<TileWidth>256</TileWidth>", "<TileWidth>wide</TileWidth>"),
    ("<Format>image/png</Format>", "<Format>picture</Format>"),
    ("<MinTileRow>", "<TileRow>"),
    ("<Contents>", "<Content>"),
])
def test_the_schema_sees_what_is_wrong(errors, right, wrong):
    document = fetch(CAPABILITIES)
    assert right in document
    end = right.replace("<", "</") if right.count("<") == 1 else None
    document = document.replace(right, wrong)
    document = document.replace(end, wrong.replace("<", "</")) if end else document
    found = errors("wmts/1.0/wmtsGetCapabilities_response.xsd", document)
    assert [error for error in found if not is_limit(error)] != []


@pytest.mark.parametrize("query", ["", "?service=WMTS", "?service=WMTS&request=GetTile&layer=%3C%26%22%00"])
def test_exceptions_of_wmts(errors, query):
    document = fetch(f"/wmts{query}")
    assert "ExceptionReport" in document
    assert errors("ows/1.1.0/owsExceptionReport.xsd", document) == []


STYLES = [style["id"] for style in json.loads(fetch("/styles"))["styles"]]


@pytest.mark.parametrize("style", STYLES)
def test_styles_in_sld(errors, style):
    assert errors("sld/1.1.0/StyledLayerDescriptor.xsd", fetch(f"/styles/{style}.sld")) == []
