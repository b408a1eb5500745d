import Basics
import Crypto
import LinesideTesting
import Testing

@Suite("TLS trust") struct TLSTrustTests {
    let fixtures: CertificateFixtures
    /// 1971: whoever looks at a clock refuses it.
    static let longAgo = Timestamp(milliseconds: 31_536_000_000)

    init() throws { fixtures = try CertificateFixtures() }

    private func verdict(
        _ trust: TLSTrust, _ server: TLSContext.Identity, name: String = "127.0.0.1"
    ) throws -> TLSSession.Progress {
        var wire = try Wire(
            try TLSContext.server(server, protocols: []),
            try TLSContext.client(trust, protocols: []), name: name)
        return wire.handshake().client
    }

    @Test("A pinned authority is found in what the server shows, under any name, at any time")
    func pinned() throws {
        let server = try fixtures.server(
            names: ["elsewhere"], addresses: [], notAfter: Self.longAgo, withAuthority: true)
        #expect(try verdict(.site(.pins([fixtures.pin])), server) == .done(0))
        #expect(try verdict(.site(.pins([fixtures.pin])), server, name: "plant") == .done(0))
        #expect(try verdict(.site(.authorities(fixtures.authority)), server) == .done(0))
        let two: Set<[UInt8]> = [try CertificateFixtures().pin, fixtures.pin]
        #expect(try verdict(.site(.pins(two)), server) == .done(0))
    }

    @Test("Who wants dates or names checked with a pin gets them checked")
    func checked() throws {
        let old = try fixtures.server(notAfter: Self.longAgo, withAuthority: true)
        let pins = TLSTrust.Anchor.pins([fixtures.pin])
        #expect(try verdict(TLSTrust(pins, checksName: false), old) != .done(0))
        let good = try fixtures.server(withAuthority: true)
        #expect(try verdict(TLSTrust(pins), good) == .done(0))
        #expect(try verdict(TLSTrust(pins), good, name: "127.0.0.2") != .done(0))
        let authorities = TLSTrust.Anchor.authorities(fixtures.authority)
        #expect(try verdict(TLSTrust(authorities, checksName: false), old) != .done(0))
    }

    @Test("Another authority, one that is not shown and one that only lends its certificate fail")
    func foreign() throws {
        let pins = TLSTrust.site(.pins([fixtures.pin]))
        let other = try CertificateFixtures()
        #expect(try verdict(pins, try other.server(withAuthority: true)) != .done(0))
        #expect(try verdict(pins, try fixtures.server()) != .done(0))
        let foreign = try other.server()
        let lent = TLSContext.Identity(
            chain: foreign.chain + fixtures.authority, key: foreign.key)
        #expect(try verdict(pins, lent) != .done(0))
        let authorities = TLSTrust.site(.authorities(fixtures.authority))
        #expect(try verdict(authorities, lent) != .done(0))
    }

    @Test("A device's certificate does not make a server, nor does what a device signs")
    func deviceAsServer() throws {
        let device = try fixtures.client("press4press4press4")
        let shown = TLSContext.Identity(chain: device.chain + fixtures.authority, key: device.key)
        for trust in [
            TLSTrust.site(.pins([fixtures.pin])), .site(.authorities(fixtures.authority)),
        ] {
            #expect(try verdict(trust, shown) != .done(0))
        }
    }

    @Test("A client's certificate counts whatever its dates say")
    func clientDates() throws {
        let server = try TLSContext.server(
            try fixtures.server(), protocols: ["lineside-mqtt/1"],
            needCertificate: ["lineside-mqtt/1"], clientAuthority: fixtures.authority)
        var wire = try Wire(
            server,
            try TLSContext.client(
                authority: fixtures.authority, protocols: ["lineside-mqtt/1"],
                identity: try fixtures.client("press-4", notAfter: Self.longAgo)))
        let result = wire.handshake()
        let shown = wire.server.peerCertificate
        #expect(result == (.done(0), .done(0)))
        #expect(shown != nil)
    }

    @Test("A server's certificate does not make a client")
    func serverAsDevice() throws {
        let server = try TLSContext.server(
            try fixtures.server(), protocols: ["lineside-mqtt/1"],
            needCertificate: ["lineside-mqtt/1"], clientAuthority: fixtures.authority)
        var wire = try Wire(
            server,
            try TLSContext.client(
                authority: fixtures.authority, protocols: ["lineside-mqtt/1"],
                identity: try fixtures.server()))
        let result = wire.handshake().server
        #expect(result != .done(0))
    }
}
