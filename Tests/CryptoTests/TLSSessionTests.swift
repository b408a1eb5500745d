import Basics
import Crypto
import LinesideTesting
import Testing

@Suite("TLS session") struct TLSSessionTests {
    let fixtures: CertificateFixtures
    let identity: TLSContext.Identity

    init() throws {
        fixtures = try CertificateFixtures()
        identity = try fixtures.server()
    }

    @Test("Both ends agree on a protocol, a version and a secret")
    func agreement() throws {
        var wire = try Wire(
            try TLSContext.server(identity, protocols: ["lineside-http/1", "http/1.1"]),
            try TLSContext.client(
                authority: fixtures.authority, protocols: ["http/1.1", "lineside-http/1"]))
        let result = wire.handshake()
        #expect(result == (.done(0), .done(0)))
        let (name, version) = (wire.server.applicationProtocol, wire.client.version)
        #expect(name == "lineside-http/1")
        #expect(version == "TLSv1.3")
        let ours = try wire.server.exported(label: "EXPORTER-Channel-Binding", count: 32)
        let theirs = try wire.client.exported(label: "EXPORTER-Channel-Binding", count: 32)
        #expect(ours == theirs)
    }

    @Test("A client that offers only protocols that we do not speak is refused")
    func unknownProtocol() throws {
        var wire = try Wire(
            try TLSContext.server(identity, protocols: ["http/1.1"]),
            try TLSContext.client(authority: fixtures.authority, protocols: ["h2"]))
        let result = wire.handshake()
        guard case .failed(let error) = result.server else {
            Issue.record("an unknown protocol was taken")
            return
        }
        #expect(error.reason == "no application protocol")
    }

    @Test("A certificate is asked for under the protocols that need one, and only there")
    func clientCertificate() throws {
        let server = try TLSContext.server(
            identity, protocols: ["lineside-mqtt/1", "http/1.1"],
            needCertificate: ["lineside-mqtt/1"], clientAuthority: fixtures.authority)
        let device = try fixtures.client("press-4")
        var browser = try Wire(
            server,
            try TLSContext.client(
                authority: fixtures.authority, protocols: ["http/1.1"], identity: device))
        let first = browser.handshake()
        let shown = browser.server.peerCertificate
        #expect(first == (.done(0), .done(0)))
        #expect(shown == nil)

        var agent = try Wire(
            server,
            try TLSContext.client(
                authority: fixtures.authority, protocols: ["lineside-mqtt/1"], identity: device))
        let second = agent.handshake()
        let certificate = try agent.server.peerCertificate.map { try Certificate(der: $0) }
        #expect(second == (.done(0), .done(0)))
        #expect(certificate?.subject == "press-4")

        var stranger = try Wire(
            server,
            try TLSContext.client(
                authority: fixtures.authority, protocols: ["lineside-mqtt/1"],
                identity: try CertificateFixtures().client("press-4")))
        guard case .failed = stranger.handshake().server else {
            Issue.record("a certificate of another authority was taken")
            return
        }
        var nameless = try Wire(
            server,
            try TLSContext.client(authority: fixtures.authority, protocols: ["lineside-mqtt/1"]))
        guard case .failed = nameless.handshake().server else {
            Issue.record("no certificate was taken for one")
            return
        }
    }

    @Test(
        "A client takes only the certificate of its authority, made out to the right name",
        arguments: [
            ("127.0.0.1", true), ("localhost", true), ("127.0.0.2", false), ("evil", false),
        ]
    )
    func verification(name: String, accepted: Bool) throws {
        let server = try TLSContext.server(identity, protocols: [])
        var wire = try Wire(
            server, try TLSContext.client(authority: fixtures.authority, protocols: []), name: name)
        let result = wire.handshake().client
        #expect((result == .done(0)) == accepted)
        var other = try Wire(
            server,
            try TLSContext.client(authority: try CertificateFixtures().authority, protocols: []),
            name: name)
        guard case .failed = other.handshake().client else {
            Issue.record("a server of another authority was taken")
            return
        }
    }

    @Test("Bytes pass, an end that is announced is an end, one that is not is a cut")
    func ends() throws {
        let server = try TLSContext.server(identity, protocols: [])
        let client = try TLSContext.client(authority: fixtures.authority, protocols: [])
        var wire = try Wire(server, client)
        _ = wire.handshake()
        var buffer = [UInt8](repeating: 0, count: 64)
        let sent = Array("ping".utf8).withUnsafeBytes { wire.client.write($0) }
        let read = buffer.withUnsafeMutableBytes { wire.server.read(into: $0) }
        #expect(sent == .done(4))
        #expect(read == .done(4))
        #expect(buffer.starts(with: Array("ping".utf8)))
        _ = wire.client.shutdown()
        let ended = buffer.withUnsafeMutableBytes { wire.server.read(into: $0) }
        #expect(ended == .ended)
    }

    @Test("A chain that is none, a key that is none and a key of another are errors")
    func badMaterial() throws {
        let other = try fixtures.server()
        for bad in [
            TLSContext.Identity(chain: Array("nonsense".utf8), key: identity.key),
            TLSContext.Identity(chain: identity.chain, key: []),
            TLSContext.Identity(chain: identity.chain, key: other.key),
        ] {
            #expect(throws: OpenSSLError.self) { try TLSContext.server(bad, protocols: []) }
        }
    }
}
