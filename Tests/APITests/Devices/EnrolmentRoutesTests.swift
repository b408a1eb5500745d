import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Store
import Testing

@Suite("Routes of enrolment", .timeLimit(.minutes(10))) struct EnrolmentRoutesTests {
    /// A device's own call, over TLS.
    private func device(
        _ ground: DeviceHouse, _ path: String, _ body: String, _ headers: [(String, String)],
        client: ClientCertificate? = nil
    ) async throws -> HouseFixture.Answer {
        let sent = try GatewayFixture.request(.post, path, port: 8443, headers, body: body)
        var peer = Peer(address: "10.0.0.9") { label, count in
            label == EnrolmentTerms.exporterLabel
                ? [UInt8](repeating: 4, count: count) : nil
        }
        peer.client = client
        let response = await ground.house.dispatcher.answer(
            Request(
                head: sent.head, peer: peer, body: sent.body, id: sent.id, secure: true,
                localPort: 8443))
        var text = ""
        if case .full(_, _, .bytes(let bytes)) = response {
            text = String(decoding: bytes, as: UTF8.self)
        }
        return HouseFixture.Answer(
            status: response.status ?? 0, headers: response.headers,
            json: (try? JSONReader.read(Array(text.utf8))) ?? .null, text: text)
    }

    private struct Machine {
        let key: PrivateKey
        let request: CertificateRequest
        init() throws {
            key = try PrivateKey.generate()
            request = try CertificateRequest(subject: "x", key: key)
        }

        func bearer(_ bundle: EnrolmentBundle) -> (String, String) {
            let proof = EnrolmentProof.enrol(
                key: EnrolmentProof.key(secret: bundle.secret, token: bundle.token),
                exporter: [UInt8](repeating: 4, count: 32), request: request.der)
            return (
                Header.authorization,
                "Bearer \(EnrolmentProof.bearer(token: bundle.token, proof: proof))"
            )
        }

        var json: String {
            #"{"csr":"\#(Base64URL.encode(request.der))","facts":{"name":"press-9"}}"#
        }
    }

    private static let json = (Header.contentType, "application/json")

    private func bundle(
        _ ground: DeviceHouse, _ more: (String, JSONValue)...
    ) async throws -> EnrolmentBundle {
        let made = try await ground.call(
            .post, "enrolment-tokens", JSONObject([("name", .string("Cell 4"))] + more))
        #expect(made.status == 201, "\(made.text)")
        let text = try #require(made.json["bundle"]?.string)
        return try EnrolmentBundle(Array(text.utf8), verify: EnrolmentProof.verify)
    }

    @Test("A device enrols in the JSON form, renews by its certificate, and is revoked")
    func whole() async throws {
        let ground = try await DeviceHouse()
        let bundle = try await bundle(ground)
        let machine = try Machine()
        let answer = try await device(
            ground, EnrolmentTerms.enrolPath, machine.json, [machine.bearer(bundle), Self.json])
        #expect(answer.status == 200, "\(answer.text)")
        let read = try #require(answer.json.object.flatMap(EnrolmentAnswer.init(json:)))
        #expect(read.device.name == "Cell 4")
        let shown = try await ground.call(.get, "devices/\(read.device.id)")
        #expect(shown.json["agent"]?.string == "lineside")
        let certificate = try Certificate(pem: read.certificate)
        #expect(shown.json["certificate"]?["serial"]?.string == certificate.serial)
        let next = try Machine()
        let renewed = try await device(
            ground, EnrolmentTerms.renewPath, next.json, [Self.json],
            client: ClientCertificate(
                serial: certificate.serial, commonName: read.device.id.text))
        #expect(renewed.status == 200, "\(renewed.text)")
        #expect(
            try await device(ground, EnrolmentTerms.renewPath, next.json, [Self.json]).status
                == 401)
        let used = try await device(
            ground, EnrolmentTerms.enrolPath, next.json, [next.bearer(bundle), Self.json])
        #expect(used.status == 403)
        #expect(used.json["type"]?.string == "/problems/enrolment/used")
        let revoked = try await ground.call(.post, "devices/\(read.device.id)/revoke")
        #expect(revoked.json["certificate"]?["revokedAt"]?.string != nil)
        #expect(ground.news.all.last == "ended \(read.device.id)")
        #expect(ground.house.faults.all == [])
    }

    @Test("A device enrols in EST’s own form, and reads whom to trust")
    func est() async throws {
        let ground = try await DeviceHouse()
        let bundle = try await bundle(ground)
        let machine = try Machine()
        let sent = Base64URL.encodeClassic(machine.request.der)
        let answer = try await device(
            ground, EnrolmentTerms.enrolPath, sent,
            [machine.bearer(bundle), (Header.contentType, "application/pkcs10")])
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.headers[Header.contentType]?.hasPrefix("application/pkcs7-mime") == true)
        let der = Base64URL.decode(answer.text.filter { !$0.isNewline })
        #expect(der?.first == 0x30)
        let again = try await device(
            ground, EnrolmentTerms.enrolPath, try machine.request.pem(),
            [machine.bearer(bundle), ("accept", "application/x-pem-file")])
        #expect(try Certificate(pem: again.text).belongs(to: machine.key))
        let trusted = try await ground.house.call(
            .get, EnrolmentTerms.authoritiesPath, as: .nobody)
        #expect(trusted.status == 200 && !trusted.text.isEmpty)
    }

    @Test("Bodies that are too large or no request are refused")
    func hostile() async throws {
        let ground = try await DeviceHouse()
        let bearer = (Header.authorization, "Bearer aaaaaaaaaaaaaaaaaaaa.AAAA")
        let large = String(repeating: "A", count: EnrolmentTerms.maximumBodySize + 1)
        #expect(
            try await device(ground, EnrolmentTerms.enrolPath, large, [bearer]).status == 413)
        for body in ["", "{}", "not base64 !", "{\"csr\":5}"] {
            let answer = try await device(
                ground, EnrolmentTerms.enrolPath, body, [bearer, Self.json])
            #expect(answer.status == 400, "\(body): \(answer.text)")
        }
        #expect(
            try await device(ground, EnrolmentTerms.enrolPath, try Machine().json, [Self.json])
                .status == 401)
    }

    @Test("A device that somebody has to look at waits, is seen in the list, and comes in after")
    func confirmed() async throws {
        let ground = try await DeviceHouse()
        let bundle = try await bundle(ground, ("confirm", .bool(true)))
        let machine = try Machine()
        func ask() async throws -> HouseFixture.Answer {
            try await device(
                ground, EnrolmentTerms.enrolPath, machine.json,
                [machine.bearer(bundle), Self.json])
        }
        let waiting = try await ask()
        #expect(waiting.status == 202 && waiting.headers[Header.retryAfter] == "10")
        let list = try await ground.call(.get, "enrolments?state=pending")
        let first = try #require(list.json["items"]?.array?.first)
        #expect(first["fingerprint"]?.string == waiting.json["fingerprint"]?.string)
        let id = try #require(first["id"]?.string)
        let stranger = try await ground.house.token(of: try await ground.factory.user("eve"))
        #expect(
            try await ground.house.call(.post, "enrolments/\(id)/approve", as: stranger).status
                == 404)
        #expect(try await ground.call(.post, "enrolments/\(id)/approve").status == 200)
        #expect(try await ask().status == 200)
        #expect(ground.house.faults.all == [])
    }

    @Test("Who owns an application sees and answers the requests for it, and no others")
    func applicationOwner() async throws {
        let ground = try await DeviceHouse()
        let own = ground.factory.application
        let other = try await ground.factory.application("Elsewhere")
        for application in [own, other] {
            let bundle = try await bundle(
                ground, ("confirm", .bool(true)),
                ("applicationId", .string(application.id.text)))
            let machine = try Machine()
            let answer = try await device(
                ground, EnrolmentTerms.enrolPath, machine.json,
                [machine.bearer(bundle), Self.json])
            #expect(answer.status == 202, "\(answer.text)")
        }
        let all = try await ground.call(.get, "enrolments").json["items"]?.array ?? []
        #expect(all.count == 2)
        let owner = try await ground.house.token(
            of: try await ground.factory.user("olga", [(.application(own.id), .owner)]))
        let list = try await ground.house.call(.get, "enrolments", as: owner)
        #expect(list.json["count"]?.int == 1)
        let seen = try #require(list.json["items"]?.array?.first?["id"]?.string)
        for id in all.compactMap({ $0["id"]?.string }) {
            let answer = try await ground.house.call(
                .post, "enrolments/\(id)/approve", as: owner)
            #expect(answer.status == (id == seen ? 200 : 404), "\(answer.text)")
        }
        #expect(ground.house.faults.all == [])
    }

    @Test("Tokens are listed without secrets, withdrawn, and made only where one may")
    func tokens() async throws {
        let ground = try await DeviceHouse()
        let bundle = try await bundle(ground, ("uses", .number("3")))
        let list = try await ground.call(.get, "enrolment-tokens")
        #expect(list.json["items"]?.array?.first?["state"]?.string == "open")
        #expect(!list.text.contains(Base64URL.encode(bundle.secret)))
        #expect(
            try await ground.call(.delete, "enrolment-tokens/\(bundle.token)").status == 204)
        let machine = try Machine()
        let refused = try await device(
            ground, EnrolmentTerms.enrolPath, machine.json, [machine.bearer(bundle), Self.json])
        #expect(refused.json["type"]?.string == "/problems/enrolment/refused")
        let viewer = try await ground.house.token(
            of: try await ground.factory.user(
                "vic", [(.team(ground.factory.team.id), .viewer)]))
        #expect(
            try await ground.house.call(.post, "enrolment-tokens", JSONObject(), as: viewer)
                .status == 403)
        #expect(
            try await ground.call(
                .post, "enrolment-tokens",
                JSONObject([("kind", .string("one-time")), ("uses", .number("2"))])
            ).status == 422)
        let policy = try await ground.call(
            .patch, "site/enrolment", JSONObject([("graceDays", .number("7"))]))
        #expect(policy.json["graceDays"]?.int == 7)
        #expect(try await ground.call(.get, "site/enrolment").json["certificateDays"]?.int == 730)
        #expect(ground.house.faults.all == [])
    }

    @Test("A device without any connection is answered by hand")
    func carried() async throws {
        let ground = try await DeviceHouse()
        let machine = try Machine()
        let file = try EnrolmentRequestFile(
            request: machine.request.der, facts: .init(name: "far")
        ) { try? machine.key.sign($0) }
        let answer = try await ground.call(
            .post, "enrolment-requests", JSONObject(texts: ("request", file.text)))
        #expect(answer.status == 201, "\(answer.text)")
        let text = try #require(answer.json["answer"]?.string)
        let read = try CarriedAnswer(Array(text.utf8)) { box, bound in
            try? SealedBox.open(box, with: machine.key, bound: bound)
        }
        #expect(read.answer.device.name == "far")
        // The stick may be lost: what is secret is for the device's key only.
        let secret = read.answer.credentialSecret
        #expect(secret.count == 64)
        #expect(!text.contains(secret))
        let moved = text.replacing(read.answer.servers[0], with: "https://10.6.6.6:8443")
        #expect(throws: CarriedAnswer.Fault.foreign) {
            try CarriedAnswer(Array(moved.utf8)) { box, bound in
                try? SealedBox.open(box, with: machine.key, bound: bound)
            }
        }
        #expect(
            try await ground.call(
                .post, "enrolment-requests", JSONObject(texts: ("request", "{}"))
            ).status == 422)
        #expect(ground.house.faults.all == [])
    }
}
