package import Basics
package import Crypto
package import HTTP
package import Net
import Synchronization

/// Why the appliance gave no answer, or not the one that was asked for.
package enum AgentUplinkFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// None of its addresses; the text is of the last.
    case unreachable(String)
    /// It answered with this status and, where it said so, why.
    case refused(status: Int, String)
    case malformed(String)

    package var description: String {
        switch self {
        case .unreachable(let text): "the appliance is out of reach: \(text)"
        case .refused(let status, let text): "the appliance refused (\(status)): \(text)"
        case .malformed(let text): "the appliance answered something else: \(text)"
        }
    }

    /// Whether the same may succeed later.
    package var isPassing: Bool {
        switch self {
        case .unreachable, .malformed: true
        case .refused(let status, _): status >= 500 || status == 429 || status == 408
        }
    }
}

/// The ways from this device to its appliance: HTTPS with its certificate, and connections for MQTT.
/// The address that answered last is tried first.
package final class AgentUplink: Sendable {
    private static let http = "lineside-http/1"
    private static let mqtt = "lineside-mqtt/1"
    private static let connectLimit = Duration.seconds(10)

    private struct State {
        var first = 0
        var tried = 0
    }

    package let loops: EventLoopGroup
    private let servers: [AgentServer]
    private let upstreams: [Upstream]
    private let mqttTLS: TLSClientConfiguration
    private let resumptions: [TLSResumption]
    private let client: HTTPClient
    private let state = Mutex(State())

    /// - Throws: where certificate, key or authorities are none.
    package init(
        _ identity: AgentIdentity, key: PrivateKey, loops: EventLoopGroup
    ) throws(NetError) {
        self.loops = loops
        servers = identity.servers
        let own: TLSIdentity
        do throws(OpenSSLError) {
            own = try TLSIdentity(
                TLSContext.Identity(
                    chain: Array(identity.certificate.utf8), key: Array(try key.pem().utf8)))
        } catch { throw .tls(error.reason) }
        let trust = TLSTrust.site(.authorities(Array(identity.authorities.utf8)))
        let httpTLS = try TLSClientConfiguration(
            trust: trust, protocols: [Self.http], identity: own)
        mqttTLS = try TLSClientConfiguration(
            trust: trust, protocols: [Self.mqtt], identity: own)
        resumptions = servers.map { _ in TLSResumption() }
        upstreams = servers.map { server in
            .tls(
                host: server.host, port: server.port,
                ConnectTLS(httpTLS, name: server.host, resumption: TLSResumption()))
        }
        client = HTTPClient(group: loops, maxIdle: 1)
    }

    /// A channel for MQTT to the first address that answers.
    package func connect() async throws(NetError) -> any ByteChannel {
        var failure = NetError.refused
        let first = state.withLock { $0.first }
        for step in servers.indices {
            let index = (first + step) % servers.count
            let server = servers[index]
            state.withLock { $0.tried = index }
            do throws(NetError) {
                let channel = try await loops.next().connect(
                    to: .tcp(host: server.host, port: server.port),
                    tls: ConnectTLS(mqttTLS, name: server.host, resumption: resumptions[index]),
                    timeout: Self.connectLimit)
                state.withLock { $0.first = index }
                return channel
            } catch { failure = error }
        }
        throw failure
    }

    /// For MQTT, last.
    package var tried: AgentServer { servers[state.withLock { $0.tried }] }

    /// Where requests go now.
    package var upstream: Upstream { upstreams[state.withLock { $0.first }] }

    /// The head of an answer of 2xx; its body is read by the caller.
    /// - Parameter idleTimeout: nothing moves.
    package func start(
        _ request: ClientRequest, idleTimeout: Duration = .seconds(60)
    ) async throws(AgentUplinkFault) -> ClientExchange {
        var failure = AgentUplinkFault.unreachable("it has no address")
        let first = state.withLock { $0.first }
        for step in upstreams.indices {
            let index = (first + step) % upstreams.count
            let exchange: ClientExchange
            do throws(ClientFault) {
                exchange = try await client.start(
                    request, to: upstreams[index], connectTimeout: Self.connectLimit,
                    idleTimeout: idleTimeout)
            } catch {
                failure = .unreachable("\(error)")
                continue
            }
            state.withLock { $0.first = index }
            guard (200..<300).contains(exchange.head.status) else {
                throw await Self.refusal(exchange)
            }
            return exchange
        }
        throw failure
    }

    func webSocket(_ path: String) async throws(ClientFault) -> WebSocket {
        try await client.webSocket(path, to: upstream)
    }

    /// A whole answer.
    package func send(
        _ method: Method, _ path: String, json: [UInt8]? = nil, limit: ByteCount = .mebibytes(2)
    ) async throws(AgentUplinkFault) -> [UInt8] {
        var headers = Headers()
        if json != nil { headers.add(Header.contentType, "application/json") }
        let exchange = try await start(
            ClientRequest(
                method, path, headers: headers, body: json.map { .bytes($0) } ?? .none))
        return try await Self.body(of: exchange, limit: limit)
    }

    static func body(
        of exchange: ClientExchange, limit: ByteCount
    ) async throws(AgentUplinkFault) -> [UInt8] {
        try await withTaskCancellationHandler {
            await wholeBody(of: exchange, limit: limit)
        } onCancel: {
            exchange.cancel()
        }
        .get()
    }

    private static func wholeBody(
        of exchange: ClientExchange, limit: ByteCount
    ) async -> Result<[UInt8], AgentUplinkFault> {
        var bytes: [UInt8] = []
        do throws(ClientFault) {
            while let piece = try await exchange.next() {
                bytes += piece
                guard bytes.count <= limit.bytes else {
                    exchange.cancel()
                    throw .tooLarge
                }
            }
        } catch {
            return .failure(
                error == .tooLarge
                    ? .malformed("its answer is too large") : .unreachable("\(error)"))
        }
        return .success(bytes)
    }

    /// What a problem document says, if it is one.
    private static func refusal(_ exchange: ClientExchange) async -> AgentUplinkFault {
        let status = exchange.head.status
        let body = try? await body(of: exchange, limit: .kibibytes(64))
        let object = body.flatMap { try? JSONReader.read($0).object }
        let text = object?["detail"]?.string ?? object?["title"]?.string ?? "no reason given"
        return .refused(status: status, String(text.prefix(500)))
    }
}
