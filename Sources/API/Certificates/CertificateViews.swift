package import Basics
import Site

package struct CertificatesView: APIView {
    let facts: SiteAuthority.Facts
    let kitMadeAt: Timestamp?
    let revocations: DeviceCertificates.ListFacts?

    package static var schema: Schema {
        .object(
            "SiteCertificates",
            [
                .field(
                    "server",
                    .object(
                        nil,
                        [
                            .field("names", .list(.text)), .field("addresses", .list(.text)),
                            .field("notAfter", .time), .field("issuer", .text),
                            .field("own", .boolean), .field("warnings", .list(.text)),
                        ])),
                .field(
                    "authority",
                    .object(
                        nil,
                        [
                            .field("subject", .text), .field("fingerprint", .text),
                            .field("spki", .text), .field("notAfter", .time),
                            .field("kind", .words(["own", "issuing"])),
                        ])),
                .field(
                    "recoveryKit", .object(nil, [.field("downloadedAt", .optional(.time))])),
                .field(
                    "revocations",
                    .object(
                        nil,
                        [
                            .field("number", .integer), .field("count", .integer),
                            .field("at", .optional(.time)),
                        ])),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.object("server") { json in
                json.field("names", facts.names)
                json.field("addresses", facts.addresses)
                json.field("notAfter", facts.notAfter)
                json.field("issuer", facts.issuer)
                // The plant's own, that somebody brought.
                json.field("own", facts.isPlants)
                json.field("warnings", facts.warnings)
            }
            json.object("authority") { json in
                json.field("subject", facts.authority)
                json.field("fingerprint", Hex.encode(facts.fingerprint))
                json.field("spki", Base64URL.encode(facts.spkiSHA256))
                json.field("notAfter", facts.authorityNotAfter)
                json.field("kind", facts.isIssuing ? "issuing" : "own")
            }
            json.object("recoveryKit") { $0.field("downloadedAt", kitMadeAt) }
            json.object("revocations") { json in
                json.field("number", revocations?.number ?? 0)
                json.field("count", revocations?.count ?? 0)
                json.field("at", revocations?.writtenAt)
            }
        }
    }
}

/// It was taken; this is what to know of it.
package struct CertificateWarnings: APIView {
    let warnings: [String]

    package static var schema: Schema {
        .object("CertificateWarnings", [.field("warnings", .list(.text))])
    }

    package func write(to json: inout JSONWriter) {
        json.object { $0.field("warnings", warnings) }
    }
}

/// PEM: the server's certificate first, then what signed it; its key.
struct BringServer: APIBody {
    let chain: String
    let key: String

    static var schema: Schema {
        .object("BringServerCertificate", [.field("chain", .text), .field("key", .text)])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        chain = try json.string("chain")
        key = try json.string("key")
    }
}

struct BringAuthority: APIBody {
    let chain: String

    static var schema: Schema { .object("BringAuthority", [.field("chain", .text)]) }

    init(json: JSONObject) throws(JSONFieldError) { chain = try json.string("chain") }
}
