import Basics
import Crypto
import LinesideTesting
import Testing

@Suite("TLS resumption") struct TLSResumptionTests {
    let fixtures: CertificateFixtures
    let server: TLSContext
    let client: TLSContext
    let device: TLSIdentity

    init() throws {
        fixtures = try CertificateFixtures()
        server = try Self.server(fixtures)
        client = try Self.client(fixtures)
        device = try TLSIdentity(try fixtures.client("press-4"))
    }

    private static func server(_ fixtures: CertificateFixtures) throws -> TLSContext {
        try TLSContext.server(
            try fixtures.server(withAuthority: true),
            protocols: ["lineside-mqtt/1", "lineside-http/1", "http/1.1"],
            needCertificate: ["lineside-mqtt/1", "lineside-http/1"],
            clientAuthority: fixtures.authority)
    }

    private static func client(
        _ fixtures: CertificateFixtures, protocols: [String] = ["lineside-mqtt/1"]
    ) throws -> TLSContext {
        try TLSContext.client(.site(.pins([fixtures.pin])), protocols: protocols)
    }

    private struct Outcome: Equatable {
        var worked: Bool
        var isResumed: Bool
        var subject: String?
    }

    /// One connection, over which the server says something so that the client reads its tickets.
    private func connect(
        _ resumption: TLSResumption, to server: TLSContext? = nil, as client: TLSContext? = nil,
        showing identity: TLSIdentity? = nil, goodbye: Bool = true,
        exported: ([UInt8]) -> Void = { _ in }
    ) throws -> Outcome {
        var wire = try Wire(
            server ?? self.server, client ?? self.client, identity: identity ?? device,
            resumption: resumption)
        let result = wire.handshake()
        guard result == (.done(0), .done(0)) else {
            return Outcome(worked: false, isResumed: false)
        }
        var buffer = [UInt8](repeating: 0, count: 64)
        _ = Array("hello".utf8).withUnsafeBytes { wire.server.write($0) }
        for _ in 0..<4 { _ = buffer.withUnsafeMutableBytes { wire.client.read(into: $0) } }
        exported(try wire.server.exported(label: "EXPORTER-Channel-Binding", count: 32))
        if goodbye { _ = wire.client.shutdown() }
        let (ours, theirs) = (wire.server.isResumed, wire.client.isResumed)
        #expect(ours == theirs)
        let subject = try wire.server.peerCertificate.map { try Certificate(der: $0).subject }
        return Outcome(worked: true, isResumed: ours, subject: subject)
    }

    private static let full = Outcome(worked: true, isResumed: false, subject: "press-4")
    private static let short = Outcome(worked: true, isResumed: true, subject: "press-4")

    @Test("The second connection goes on from the first, and the server still knows who it is")
    func resumes() throws {
        let kept = TLSResumption()
        #expect(try connect(kept) == Self.full)
        #expect(try connect(kept) == Self.short)
        #expect(try connect(kept) == Self.short)
    }

    @Test("What a proof is bound to is another on each connection, also where a session goes on")
    func exporters() throws {
        let kept = TLSResumption()
        var seen: Set<[UInt8]> = []
        #expect(try connect(kept) { seen.insert($0) } == Self.full)
        for _ in 0..<3 { #expect(try connect(kept) { seen.insert($0) } == Self.short) }
        #expect(try connect(TLSResumption()) { seen.insert($0) } == Self.full)
        #expect(seen.count == 5)
    }

    @Test("A connection that broke off leaves a session that is good for the next")
    func brokenOff() throws {
        let kept = TLSResumption()
        #expect(try connect(kept, goodbye: false) == Self.full)
        #expect(try connect(kept, goodbye: false) == Self.short)
        #expect(try connect(kept, goodbye: false) == Self.short)
    }

    @Test("A session outlives its process as bytes, and bytes that are none begin anew")
    func saved() throws {
        let kept = TLSResumption()
        #expect(try connect(kept) == Self.full)
        #expect(try connect(TLSResumption(saved: kept.saved)) == Self.short)
        var tampered = kept.saved
        tampered[tampered.count / 2] ^= 1
        let result = try connect(TLSResumption(saved: tampered))
        #expect(result == Self.full || result == Self.short)
        #expect(try connect(TLSResumption(saved: Array(kept.saved.prefix(80)))) == Self.full)
        #expect(try connect(TLSResumption(saved: [1, 2, 3])) == Self.full)
        kept.forget()
        #expect(try connect(kept) == Self.full)
    }

    @Test("Another identity and another trust do not go on from a session")
    func bound() throws {
        let kept = TLSResumption()
        #expect(try connect(kept) == Self.full)
        let other = try TLSIdentity(try fixtures.client("press-5"))
        let second = try connect(kept, showing: other)
        #expect(second == Outcome(worked: true, isResumed: false, subject: "press-5"))
        let strict = try TLSContext.client(
            .site(.authorities(fixtures.authority)), protocols: ["lineside-mqtt/1"])
        #expect(try connect(kept, as: strict, showing: other).isResumed == false)
    }

    @Test("A server that has started anew, or is another, is met with a whole handshake")
    func otherServer() throws {
        let kept = TLSResumption()
        #expect(try connect(kept) == Self.full)
        #expect(try connect(kept, to: try Self.server(fixtures)) == Self.full)
        let foreign = try Self.server(try CertificateFixtures())
        #expect(try connect(kept, to: foreign).worked == false)
    }

    @Test("A session without a certificate does not become one with, nor the other way round")
    func acrossProtocols() throws {
        let plain = try Self.client(fixtures, protocols: ["http/1.1"])
        let (bare, proven) = (TLSResumption(), TLSResumption())
        let first = try connect(bare, as: plain)
        #expect(first == Outcome(worked: true, isResumed: false))
        #expect(try connect(proven) == Self.full)
        // A client of ours does not even try; one that does forges what its sessions are bound to.
        func crossed(_ session: TLSResumption, as other: TLSResumption) -> TLSResumption {
            TLSResumption(saved: Array(other.saved.prefix(32)) + session.saved.dropFirst(32))
        }
        #expect(try connect(crossed(bare, as: proven)).worked == false)
        // With its certificate in the ticket, under a protocol that does not ask for it.
        let after = try connect(crossed(proven, as: bare), as: plain)
        #expect(after == Outcome(worked: true, isResumed: true, subject: nil))
        #expect(try connect(proven, as: plain) == first)
    }
}
