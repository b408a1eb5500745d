import Basics
import Domain
import HTTP
import Net
package import Site

/// Where devices come in: the addresses of EST (RFC 7030), with a proof in place of a password.
///
/// A request is a PKCS #10 as EST sends it, and gets PKCS #7; or JSON with what the device says of
/// itself, and gets JSON with all that it needs. They are open to anybody who can reach the site:
/// the desk checks what they prove, and counts those that fail.
package struct EstRoutes: Resource {
    private let desk: EnrolmentDesk
    private let authorities: @Sendable () -> String

    /// - Parameter authorities: PEM of whom devices trust.
    package init(desk: EnrolmentDesk, authorities: @escaping @Sendable () -> String) {
        self.desk = desk
        self.authorities = authorities
    }

    package var routes: [Route] {
        [
            Route.raw(
                .get, EnrolmentTerms.authoritiesPath, .anybody,
                "Read whom devices of this site trust", showAuthorities),
            Route.raw(
                .post, EnrolmentTerms.enrolPath, .anybody,
                "Let a device in that has a bundle or a code", enrol),
            Route.raw(
                .post, EnrolmentTerms.renewPath, .anybody,
                "Renew the certificate that the connection shows", renew),
            Route.raw(
                .post, EnrolmentTerms.helloPath, .anybody,
                "Prove to the holder of a typed code that this is the site", hello),
        ]
    }

    private func showAuthorities(_ context: RequestContext) async throws(Problem) -> Response {
        let form = Form(context.request, isJSON: false)
        switch form {
        case .json:
            var json = JSONWriter()
            json.object { $0.field("authorities", authorities()) }
            return Self.bytes(json.bytes, "application/json")
        case .pem: return Self.bytes(Array(authorities().utf8), "application/x-pem-file")
        case .bag: return try Self.bag { () throws in try EnrolmentAnswer.bag(pem: authorities()) }
        }
    }

    private func enrol(_ context: RequestContext) async throws(Problem) -> Response {
        let asked = try await Asked(context.request)
        guard let bearer = Self.bearer(context.request) else { throw .unauthenticated }
        let visit = await visit(context.request, asked.site)
        let outcome = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.enrol(
                bearer: bearer, request: asked.request, facts: asked.facts, visit)
        }
        switch outcome {
        case .issued(let answer): return try Self.response(answer, asked.form)
        case .waiting(let fingerprint):
            var json = JSONWriter()
            json.object { json in
                json.field("state", "pending")
                json.field("fingerprint", fingerprint)
            }
            return .full(
                status: 202,
                headers: [
                    Header.contentType: "application/json",
                    Header.retryAfter: "\(EnrolmentTerms.retrySeconds)",
                ], body: .bytes(json.bytes))
        }
    }

    private func renew(_ context: RequestContext) async throws(Problem) -> Response {
        guard let client = context.request.peer.client else { throw .unauthenticated }
        let asked = try await Asked(context.request)
        let visit = await visit(context.request, asked.site)
        let answer = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.renew(serial: client.serial, request: asked.request, visit)
        }
        return try Self.response(answer, asked.form)
    }

    private func hello(_ context: RequestContext) async throws(Problem) -> Response {
        let object = try await context.jsonBody(limit: ByteCount(1_024))
        guard let code = object["code"]?.string.flatMap(Base64URL.decode), code.count == 16,
            let nonce = object["nonce"]?.string.flatMap(Base64URL.decode),
            (16...64).contains(nonce.count)
        else { throw .malformed("“code” and “nonce” are missing.") }
        let visit = await visit(context.request, nil)
        let hello = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.hello(lookUp: code, nonce: nonce, visit)
        }
        var json = JSONWriter()
        json.object { json in
            json.field("site", hello.site)
            json.field("token", hello.token)
            json.field("proof", Base64URL.encode(hello.proof))
            json.field("pin", Base64URL.encode(hello.pin))
        }
        return Self.bytes(json.bytes, "application/json")
    }

    private func visit(_ request: Request, _ site: String?) async -> EnrolmentDesk.Visit {
        EnrolmentDesk.Visit(
            address: request.peer.address,
            exporter: await request.peer.exporter(
                EnrolmentTerms.exporterLabel, EnrolmentTerms.exporterLength),
            site: site)
    }

    private static func bearer(_ request: Request) -> String? {
        guard let text = request.headers[Header.authorization] else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private static func bytes(_ bytes: [UInt8], _ type: String) -> Response {
        .full(status: 200, headers: [Header.contentType: type], body: .bytes(bytes))
    }

    private static func bag(_ make: () throws -> String) throws(Problem) -> Response {
        guard let text = try? make() else { throw .storage }
        return .full(
            status: 200,
            headers: [
                Header.contentType: "application/pkcs7-mime; smime-type=certs-only",
                "content-transfer-encoding": "base64",
            ], body: .bytes(Array(text.utf8)))
    }

    private static func response(
        _ answer: EnrolmentAnswer, _ form: Form
    ) throws(Problem) -> Response {
        switch form {
        case .json: return bytes(answer.json, "application/json")
        case .pem: return bytes(Array(answer.certificate.utf8), "application/x-pem-file")
        case .bag: return try bag { () throws in try answer.certificateBag() }
        }
    }
}

/// How an answer is written.
private enum Form {
    case json, pem, bag

    init(_ request: Request, isJSON: Bool) {
        let accept = request.headers["accept"] ?? ""
        self =
            accept.contains("pem")
            ? .pem : isJSON || accept.contains("application/json") ? .json : .bag
    }
}

/// A request for a certificate, in either form.
private struct Asked {
    var request: [UInt8]
    var facts = EnrolmentFacts()
    var site: String?
    var form: Form

    init(_ sent: Request) async throws(Problem) {
        let type = sent.headers[Header.contentType]?.lowercased() ?? ""
        let isJSON = type.hasPrefix("application/json")
        form = Form(sent, isJSON: isJSON)
        let limit = ByteCount(EnrolmentTerms.maximumBodySize)
        let body: [UInt8]
        do throws(BodyFault) { body = try await sent.body.collect(upTo: limit) } catch {
            throw error.problem
        }
        guard isJSON else {
            guard let der = RequestReading.der(body) else {
                throw .malformed("The body is no request for a certificate (PKCS #10).")
            }
            request = der
            return
        }
        guard let object = try? JSONReader.read(body, limit: limit.bytes).object,
            let text = object["csr"]?.string, let der = RequestReading.der(Array(text.utf8))
        else { throw .malformed("“csr” is missing, or no request for a certificate.") }
        request = der
        facts = EnrolmentFacts(json: object["facts"]?.object ?? JSONObject())
        site = object["site"]?.string
    }
}
