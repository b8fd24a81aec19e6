// A service provider: /login sends the browser to the identity provider, /acs says who came back.
// Standard input: JSON with what node-saml is to know. The first line of output: the port.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { SAML, generateServiceProviderMetadata } from "@node-saml/node-saml";

const given = JSON.parse(readFileSync(0, "utf8"));
let saml;
const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://127.0.0.1");
  let body = "";
  for await (const piece of request) body += piece;
  try {
    if (url.pathname === "/metadata") {
      response.end(
        generateServiceProviderMetadata({
          ...options(),
          decryptionCert: given.certificate,
          publicCerts: given.certificate,
        }),
      );
    } else if (url.pathname === "/configure") {
      const { metadata, ...told } = JSON.parse(body); // it takes what is in them apart
      saml = new SAML({ ...options(), ...told });
      response.end("ok");
    } else if (url.pathname === "/login") {
      if (given.binding === "HTTP-POST") {
        response.setHeader("content-type", "text/html");
        response.end(await saml.getAuthorizeFormAsync("tilbage"));
      } else {
        response.writeHead(302, { location: await saml.getAuthorizeUrlAsync("tilbage", undefined, {}) }).end();
      }
    } else if (url.pathname === "/acs") {
      const { profile } = await saml.validatePostResponseAsync(Object.fromEntries(new URLSearchParams(body)));
      response.end(JSON.stringify({ nameID: profile.nameID, mail: profile.mail, several: profile.several }));
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    response.writeHead(403).end(String(error));
  }
});

function options() {
  const at = `http://127.0.0.1:${server.address().port}`;
  return {
    issuer: `${at}/metadata`,
    callbackUrl: `${at}/acs`,
    privateKey: given.key,
    decryptionPvk: given.key,
    signatureAlgorithm: "sha256",
    digestAlgorithm: "sha256",
    wantAuthnResponseSigned: true,
    wantAssertionsSigned: true,
    validateInResponseTo: "always",
    disableRequestedAuthnContext: true,
    authnRequestBinding: given.binding,
    identifierFormat: null,
    idpCert: "x",
  };
}

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
