import Basics
import Crypto
package import Domain
import Glibc
import HTTP
package import Net

/// Brings a device into a site, and keeps it there. The key is made here and stays; a lost answer
/// is asked for again with the same request.
package struct AgentEnrolment: Sendable {
    private static let connectLimit = Duration.seconds(10)

    let paths: AgentPaths
    private let loops: EventLoopGroup

    package init(_ paths: AgentPaths, loops: EventLoopGroup) {
        self.paths = paths
        self.loops = loops
    }

    // MARK: Bundle and code

    /// - Parameter waiting: a person is to compare this fingerprint and say yes.
    package func enrol(
        bundle text: [UInt8], waiting: @Sendable (_ fingerprint: String) -> Void
    ) async throws(AgentEnrolmentFault) -> AgentIdentity {
        try mustBeBundle(text)
        let bundle: EnrolmentBundle
        do throws(EnrolmentBundle.Fault) {
            bundle = try EnrolmentBundle(text, verify: EnrolmentProof.verify)
        } catch { throw AgentEnrolmentFault(error.description) }
        let servers = bundle.urls.compactMap(AgentServer.init)
        let proofKey = EnrolmentProof.key(secret: bundle.secret, token: bundle.token)
        return try await enrol(at: servers, trust: .site(.pins([bundle.pin])), waiting) { _ in
            Terms(token: bundle.token, key: proofKey, site: bundle.site)
        }
    }

    /// The appliance proves first that it knows the code too: until then nobody is believed.
    package func enrol(
        code: TypedCode, at servers: [AgentServer],
        waiting: @Sendable (_ fingerprint: String) -> Void
    ) async throws(AgentEnrolmentFault) -> AgentIdentity {
        try await enrol(at: servers, trust: .site(.nobody), waiting) {
            (visit) throws(AgentEnrolmentFault) in try await hello(code, visit)
        }
    }

    private struct Terms {
        var token: EnrolmentToken.ID
        var key: [UInt8]
        var site: String
    }

    /// One connection, whose keying material both ends know.
    private struct Visit {
        var client: HTTPClient
        var upstream: Upstream
        var exporter: [UInt8]
    }

    private func enrol(
        at servers: [AgentServer], trust: TLSTrust,
        _ waiting: @Sendable (_ fingerprint: String) -> Void,
        terms: (Visit) async throws(AgentEnrolmentFault) -> Terms
    ) async throws(AgentEnrolmentFault) -> AgentIdentity {
        let key = try pendingKey()
        let request = try request(key)
        var told = false
        while true {
            let visit = try await visit(servers, trust)
            let terms = try await terms(visit)
            let proof = EnrolmentProof.enrol(
                key: terms.key, exporter: visit.exporter, request: request.der)
            let bearer = EnrolmentProof.bearer(token: terms.token, proof: proof)
            let answer: ClientResponse
            do throws(AgentEnrolmentFault) {
                answer = try await post(
                    EnrolmentTerms.enrolPath, body(request, site: terms.site), visit,
                    bearer: bearer)
            } catch { throw ownUse(of: terms.token, error) }
            guard answer.head.status == 202 else {
                let identity = try keep(try identity(answer.body, key), key)
                try? Files.replace(usedToken, with: Array(terms.token.text.utf8))
                return identity
            }
            if !told {
                told = true
                waiting(EnrolmentProof.fingerprint(of: request))
            }
            try? await Task.sleep(for: .seconds(EnrolmentTerms.retrySeconds))
            guard !Task.isCancelled else { throw AgentEnrolmentFault("It was stopped.") }
        }
    }

    private func hello(
        _ code: TypedCode, _ visit: Visit
    ) async throws(AgentEnrolmentFault) -> Terms {
        let nonce = Randomness.bytes(32)
        var json = JSONWriter()
        json.object { json in
            json.field("code", Base64URL.encode(EnrolmentProof.lookUp(code)))
            json.field("nonce", Base64URL.encode(nonce))
        }
        let answer = try await post(EnrolmentTerms.helloPath, json.bytes, visit)
        let proof = EnrolmentProof.hello(
            key: EnrolmentProof.helloKey(code), exporter: visit.exporter, nonce: nonce)
        guard let object = try? JSONReader.read(answer.body).object,
            let token = object["token"]?.string.flatMap(EnrolmentToken.ID.init),
            object["proof"]?.string.flatMap(Base64URL.decode) == proof
        else {
            throw AgentEnrolmentFault(
                "Whoever answers there does not know this code: check the address.")
        }
        return Terms(
            token: token, key: EnrolmentProof.key(secret: code.secret, token: token),
            site: object["site"]?.string ?? "")
    }

    // MARK: Renewal

    /// A new certificate for a new key, over the connection that the old one opened.
    func renew(
        _ identity: AgentIdentity, over uplink: AgentUplink
    ) async throws(AgentEnrolmentFault) -> (AgentIdentity, PrivateKey) {
        let key = try pendingKey()
        let request = try request(key, subject: identity.device.text)
        let bytes: [UInt8]
        do throws(AgentUplinkFault) {
            bytes = try await uplink.send(
                .post, EnrolmentTerms.renewPath, json: body(request, site: nil))
        } catch { throw AgentEnrolmentFault("\(error)") }
        return (try self.identity(bytes, key), key)
    }

    // MARK: Parts

    func pendingKey() throws(AgentEnrolmentFault) -> PrivateKey {
        do throws(AgentIdentityFile.Fault) {
            return try AgentIdentityFile(paths).pendingKey()
        } catch { throw AgentEnrolmentFault(error.description) }
    }

    func request(
        _ key: PrivateKey, subject: String = "device"
    ) throws(AgentEnrolmentFault) -> CertificateRequest {
        // ECDSA signs the same differently each time: the request is kept with its key.
        let file = SealedFile(path: "\(paths.key).request")
        let digest = (try? CertificateRequest(subject: subject, key: key))?.publicKeyDigest
        if let der = file.read(), let kept = try? CertificateRequest(der: der),
            kept.publicKeyDigest == digest, kept.subject == subject
        {
            return kept
        }
        do {
            let request = try CertificateRequest(subject: subject, key: key)
            try file.write(request.der)
            return request
        } catch { throw AgentEnrolmentFault("The request could not be made: \(error)") }
    }

    private func body(_ request: CertificateRequest, site: String?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("csr", Base64URL.encodeClassic(request.der))
            json.field("facts", Self.facts())
            if let site { json.field("site", site) }
        }
        return json.bytes
    }

    private func visit(
        _ servers: [AgentServer], _ trust: TLSTrust
    ) async throws(AgentEnrolmentFault) -> Visit {
        var failures: [String] = []
        for server in servers {
            do throws(NetError) {
                let tls = try TLSClientConfiguration(
                    trust: trust, protocols: TLSConfiguration.Options.beforeEnrolment)
                let channel = try await loops.next().connect(
                    to: .tcp(host: server.host, port: server.port),
                    tls: ConnectTLS(tls, name: server.host), timeout: Self.connectLimit)
                guard
                    let exporter = channel.security?.exporter(
                        EnrolmentTerms.exporterLabel, EnrolmentTerms.exporterLength)
                else {
                    failures.append("\(server) gives no keying material.")
                    continue
                }
                return Visit(
                    client: HTTPClient(group: loops, maxIdle: 1),
                    upstream: .over(channel, name: "\(server.host):\(server.port)"),
                    exporter: exporter)
            } catch {
                failures.append(ContactFault.sentence(error, at: server, knownBy: "this bundle"))
            }
        }
        throw AgentEnrolmentFault(
            failures.isEmpty
                ? "The bundle names no address that this device understands."
                : failures.joined(separator: " "))
    }

    private func post(
        _ path: String, _ body: [UInt8], _ visit: Visit, bearer: String? = nil
    ) async throws(AgentEnrolmentFault) -> ClientResponse {
        var headers: Headers = [
            Header.contentType: "application/json", Header.accept: "application/json",
        ]
        if let bearer { headers[Header.authorization] = "Bearer \(bearer)" }
        let answer: ClientResponse
        do throws(ClientFault) {
            answer = try await visit.client.send(
                .post, path, headers: headers, body: body, to: visit.upstream)
        } catch { throw AgentEnrolmentFault("The appliance did not answer: \(error)") }
        guard (200..<300).contains(answer.head.status) else {
            let problem = try? JSONReader.read(answer.body).object
            let text = problem?["detail"]?.string ?? problem?["title"]?.string
            let type = problem?["type"]?.string?.split(separator: "/").last.map(String.init)
            throw AgentEnrolmentFault(
                text ?? "The appliance refused this device (\(answer.head.status)).", word: type)
        }
        return answer
    }

    func keep(
        _ identity: AgentIdentity, _ key: PrivateKey
    ) throws(AgentEnrolmentFault) -> AgentIdentity {
        do throws(AgentIdentityFile.Fault) {
            try AgentIdentityFile(paths).save(identity, key: key)
        } catch { throw AgentEnrolmentFault(error.description) }
        AgentClock(paths).heard(identity.issuedAt)
        return identity
    }

    private func identity(
        _ bytes: [UInt8], _ key: PrivateKey
    ) throws(AgentEnrolmentFault) -> AgentIdentity {
        guard let object = try? JSONReader.read(bytes).object,
            let answer = EnrolmentAnswer(json: object)
        else { throw AgentEnrolmentFault("This is no answer of an appliance.") }
        return try identity(answer, key)
    }

    func identity(
        _ answer: EnrolmentAnswer, _ key: PrivateKey
    ) throws(AgentEnrolmentFault) -> AgentIdentity {
        guard let certificate = try? Certificate(pem: answer.certificate),
            let authorities = try? CertificateChain(pem: answer.authorities).certificates
        else { throw AgentEnrolmentFault("This is no answer of an appliance.") }
        guard authorities.contains(where: { $0.signed(certificate) }) else {
            throw AgentEnrolmentFault("The certificate is not of the authority that it names.")
        }
        guard certificate.belongs(to: key), certificate.subject == answer.device.id.text else {
            throw AgentEnrolmentFault("The certificate is not for this device's key.")
        }
        let servers = answer.servers.compactMap(AgentServer.init)
        guard !servers.isEmpty else {
            throw AgentEnrolmentFault("The appliance named no address of its own.")
        }
        return AgentIdentity(
            device: answer.device.id, name: answer.device.name, team: answer.device.team,
            certificate: answer.certificate, authorities: answer.authorities, servers: servers,
            credentialSecret: answer.credentialSecret, issuedAt: answer.time)
    }

    /// What this machine says of itself.
    static func facts() -> EnrolmentFacts {
        func line(_ path: String) -> String? {
            guard let bytes = try? Files.read(path, limit: .kibibytes(4)) else { return nil }
            let text = String(decoding: bytes.prefix { $0 != 0 && $0 != 0x0A }, as: UTF8.self)
            return text.isEmpty ? nil : text
        }
        let interfaces = ((try? Files.list("/sys/class/net")) ?? []).filter { $0 != "lo" }
        return EnrolmentFacts(
            name: line("/proc/sys/kernel/hostname"),
            model: line("/sys/class/dmi/id/product_name") ?? line("/proc/device-tree/model"),
            serial: line("/sys/class/dmi/id/product_serial")
                ?? line("/proc/device-tree/serial-number"),
            addresses: interfaces.compactMap { line("/sys/class/net/\($0)/address") }
                .filter { $0 != "00:00:00:00:00:00" }, agentVersion: Product.version)
    }
}
