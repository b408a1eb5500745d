import Basics
import Crypto
import HTTP
import LinesideTesting
import Net
import Testing

@Suite("Upstreams over TLS", .timeLimit(.minutes(10))) struct UpstreamTests {
    private static func server(_ fixtures: CertificateFixtures) throws -> TestServer {
        let identity = try fixtures.server(names: ["elsewhere"], withAuthority: true)
        var options = TLSConfiguration.Options()
        options.protocols = ["lineside-http/1", "http/1.1"]
        options.certificateProtocols = ["lineside-http/1"]
        options.clientAuthority = fixtures.authority
        let tls = try TLSConfiguration(
            .pem(chain: identity.chain, key: identity.key), options: options)
        return try TestServer(tls: tls) { request in
            let secret = await request.peer.exporter("EXPORTER-Test", 32) ?? []
            return .text("\(request.peer.client?.commonName ?? "nobody") \(secret)")
        }
    }

    @Test("A device asks over one kept connection, with its certificate, of a pinned site")
    func device() async throws {
        let fixtures = try CertificateFixtures()
        let server = try Self.server(fixtures)
        let configuration = try TLSClientConfiguration(
            trust: .site(.pins([fixtures.pin])), protocols: ["lineside-http/1"])
        let tls = ConnectTLS(
            configuration, name: "127.0.0.1",
            identity: try TLSIdentity(try fixtures.client("press4press4press4")))
        let upstream = Upstream.tls(host: "127.0.0.1", port: UInt16(server.port), tls)
        let client = HTTPClient(group: server.clients)
        for _ in 0..<2 {
            let answer = try await client.send(.get, "/", to: upstream)
            #expect(
                String(decoding: answer.body, as: UTF8.self).hasPrefix("press4press4press4 "))
        }
        #expect(client.idleCount == 1)
        #expect(server.server.connectionCount == 1)
        let stranger = try TLSClientConfiguration(
            trust: .site(.pins([try CertificateFixtures().pin])))
        let other = Upstream.tls(
            host: "127.0.0.1", port: UInt16(server.port), ConnectTLS(stranger, name: "x"))
        await #expect(throws: ClientFault.self) {
            try await client.send(.get, "/", to: other)
        }
        await server.end()
    }

    @Test("The secret of a connection is known before the first request goes over it")
    func exporter() async throws {
        let fixtures = try CertificateFixtures()
        let server = try Self.server(fixtures)
        let tls = ConnectTLS(
            try TLSClientConfiguration(trust: .site(.pins([fixtures.pin]))), name: "")
        let channel = try await server.clients.next().connect(
            to: .tcp(host: "127.0.0.1", port: UInt16(server.port)), tls: tls)
        let secret = try #require(channel.security?.exporter("EXPORTER-Test", 32))
        let upstream = Upstream.over(channel, name: "plant")
        let client = HTTPClient(group: server.clients)
        for _ in 0..<2 {
            let answer = try await client.send(.get, "/", to: upstream)
            #expect(String(decoding: answer.body, as: UTF8.self) == "nobody \(secret)")
        }
        await server.server.drain(deadline: .zero)
        // It is gone, and no other takes its place.
        await #expect(throws: ClientFault.self) {
            try await client.send(.get, "/", to: upstream)
        }
        await server.end()
    }
}
