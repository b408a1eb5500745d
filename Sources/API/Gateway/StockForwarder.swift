import Basics
import Domain
import HTTP
import Site

/// A request to the editor of a device with a stock agent, as a message through its tunnel. Taken
/// apart here, written anew there: nothing of a client's framing gets through.
struct StockForwarder: Sendable {
    let tunnel: StockTunnel
    let sockets: OpenSockets

    /// Flows of a plant, with room.
    private static let bodyLimit = ByteCount.mebibytes(16)

    /// - Parameter below: path and query below the device's own root.
    /// - Returns: `nil` if the device did not answer.
    func forward(
        _ request: Request, below: String, ticket: GatewayTicket, path: ScopePath,
        platform: String
    ) async -> Response? {
        if request.head.upgrade == "websocket" {
            let offered = request.headers.tokens(Header.secWebSocketProtocol).first
            return .webSocket(protocol: offered) { socket in
                let key = sockets.watch(ticket: ticket, path: path) { socket.abort() }
                await tunnel.join(socket, url: below)
                sockets.forget(key)
            }
        }
        let bytes: [UInt8]
        do throws(BodyFault) { bytes = try await request.body.collect(upTo: Self.bodyLimit) } catch
        {
            return .problem(error.problem)
        }
        var body: String?
        if !bytes.isEmpty {
            body = String(validating: bytes, as: UTF8.self)
            guard body != nil else {
                return .problem(
                    .malformed("Files cannot be sent to a device with this kind of agent."))
            }
        }
        guard
            let answer = await tunnel.send(
                request.method.text, below, headers: Self.headers(of: request), body: body)
        else { return nil }
        return Self.response(answer, platform: platform)
    }

    /// What the editor needs to say. The device's own login is the tunnel's, so that no cookie and
    /// no authorization goes along; lengths are those of the text that arrives.
    private static let passed: Set<String> = [
        "accept", "accept-language", "content-type", "if-none-match", "node-red-api-version",
        "node-red-deployment-type", "x-requested-with", "user-agent",
    ]

    private static func headers(of request: Request) -> [(String, String)] {
        var found: [String: String] = [:]
        for (name, value) in request.headers.pairs where passed.contains(name.lowercased()) {
            found[name.lowercased()] = value
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What an instance may not say to browsers a device may not say either; how the answer came to
    /// the agent is not how it goes on.
    private static let dropped: Set<String> = [
        "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding",
        "upgrade", "trailer", "te", "proxy-authenticate", "set-cookie", "clear-site-data",
        "strict-transport-security", "service-worker-allowed", "alt-svc", "date",
    ]

    private static func response(_ answer: StockTunnel.Answer, platform: String) -> Response {
        var headers = Headers()
        for (name, value) in answer.headers where !dropped.contains(name.lowercased()) {
            guard Self.isField(name, value) else { continue }
            headers.add(name, value)
        }
        DeviceGateway.frame(&headers, platform: platform)
        return .full(status: answer.status, headers: headers, body: .bytes(answer.body))
    }

    /// A device could otherwise write lines of our answer.
    static func isField(_ name: String, _ value: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && value.utf8.count <= 8_192
            && name.utf8.allSatisfy { letter in
                (0x30...0x39).contains(letter) || (0x41...0x5A).contains(letter)
                    || (0x61...0x7A).contains(letter) || letter == UInt8(ascii: "-")
                    || letter == UInt8(ascii: "_")
            }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
