// A service provider that runs samlify: /login sends the browser to the identity provider, /acs says who came back.
// Standard input: JSON with its key and binding. The first line of output: the port.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import samlify from "samlify";

const given = JSON.parse(readFileSync(0, "utf8"));
const asked = new Set(); // samlify itself counts no response once
let application, identityProvider;
// It refuses to run without one; documents are compared with the schemas in tests of their own.
samlify.setSchemaValidator({ validate: async () => "skipped" });

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://127.0.0.1");
  let body = "";
  for await (const piece of request) body += piece;
  try {
    if (url.pathname === "/metadata") {
      response.end(application.getMetadata());
    } else if (url.pathname === "/configure") {
      identityProvider = samlify.IdentityProvider({
        metadata: JSON.parse(body).metadata,
        isAssertionEncrypted: true,
        messageSigningOrder: "encrypt-then-sign",
      });
      response.end("ok");
    } else if (url.pathname === "/login") {
      const kind = given.binding === "HTTP-POST" ? "post" : "redirect";
      const made = application.createLoginRequest(identityProvider, kind);
      asked.add(made.id);
      if (kind === "redirect") {
        response.writeHead(302, { location: made.context }).end();
      } else {
        response.setHeader("content-type", "text/html");
        response.end(
          `<form method="post" action="${made.entityEndpoint}">` +
            `<input type="hidden" name="SAMLRequest" value="${made.context}"></form>`,
        );
      }
    } else if (url.pathname === "/acs") {
      const form = Object.fromEntries(new URLSearchParams(body));
      const { extract } = await application.parseLoginResponse(identityProvider, "post", { body: form });
      if (!asked.delete(extract.response.inResponseTo)) throw new Error("nobody asked for this response");
      const { mail, several } = extract.attributes;
      response.end(JSON.stringify({ nameID: extract.nameID, mail, several }));
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    response.writeHead(403).end(String(error));
  }
});

server.listen(0, "127.0.0.1", () => {
  const at = `http://127.0.0.1:${server.address().port}`;
  application = samlify.ServiceProvider({
    entityID: `${at}/metadata`,
    authnRequestsSigned: true,
    wantAssertionsSigned: true,
    wantMessageSigned: true,
    messageSigningOrder: "encrypt-then-sign",
    requestSignatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    // Where a form has its signature; by itself samlify looks for a response.
    signatureConfig: {
      prefix: "ds",
      location: { reference: "/*[local-name(.)='AuthnRequest']/*[local-name(.)='Issuer']", action: "after" },
    },
    privateKey: given.key,
    signingCert: given.certificate,
    encPrivateKey: given.key,
    encryptCert: given.certificate,
    nameIDFormat: ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
    assertionConsumerService: [
      { Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", Location: `${at}/acs`, isDefault: true },
    ],
  });
  console.log(server.address().port);
});
