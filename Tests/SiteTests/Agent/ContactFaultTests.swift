import Basics
import Crypto
import LinesideTesting
import MQTT
import Net
import Testing

@testable import Site

@Suite("Why an appliance cannot be reached", .timeLimit(.minutes(10)))
struct ContactFaultTests {
    private let group: EventLoopGroup
    private let fixtures: CertificateFixtures

    init() throws {
        group = try EventLoopGroup(count: 1)
        fixtures = try CertificateFixtures()
    }

    private func said(
        _ trust: TLSTrust, to host: String = "127.0.0.1", port: UInt16
    ) async throws -> String {
        let client = try TLSClientConfiguration(trust: trust, protocols: ["http/1.1"])
        let server = AgentServer(host: host, port: port)
        do throws(NetError) {
            _ = try await group.next().connect(
                to: .tcp(host: host, port: port), tls: ConnectTLS(client, name: host))
            return ""
        } catch { return ContactFault.sentence(error, at: server, knownBy: "this bundle") }
    }

    @Test("A foreign site, plain HTTP, a name and a closed port each have a sentence")
    func sentences() async throws {
        let identity = try fixtures.server(withAuthority: true)
        let tls = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: ConnectionLimits(),
            tls: try TLSConfiguration(.pem(chain: identity.chain, key: identity.key))
        ) { _ in }
        tls.start()
        let plain = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: ConnectionLimits()
        ) { channel in
            channel.write(.bytes(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)))
        }
        plain.start()
        let other = try CertificateFixtures()
        let pins = TLSTrust.site(.pins([Randomness.bytes(32)]))
        for trust in [pins, .site(.authorities(other.authority))] {
            let text = try await said(trust, port: tls.port)
            #expect(text.hasPrefix("Another site answers at https://127.0.0.1:"), "\(text)")
        }
        #expect(try await said(pins, port: plain.port).contains("does not speak TLS"))
        #expect(try await said(pins, to: "plant-server", port: 8443).contains("is a name"))
        let silent = try SilentPort()
        #expect(
            try await said(pins, port: silent.number).hasPrefix("Nobody answers at"))
        await tls.stop()
        await plain.stop()
        await group.shutdown()
    }

    @Test("A device that is not let in any more is told to be enrolled anew")
    func revoked() {
        let server = AgentServer(host: "10.0.0.5", port: 8443)
        let faults: [MQTTError] = [
            .refused(.notAuthorized, nil), .net(.reset),
            .net(.tls("ssl/tls alert certificate revoked")),
        ]
        for fault in faults {
            let text = ContactFault.sentence(fault, at: server)
            #expect(text.contains("revoked") && text.contains("new bundle"), "\(text)")
        }
    }
}
