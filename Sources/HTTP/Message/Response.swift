package import Basics
package import Net

/// What a handler answers with.
package enum Response: Sendable {
    case full(status: Int, headers: Headers, body: Body)
    /// The closure writes the body; when it throws, the connection is cut, so that the client sees
    /// an incomplete answer rather than a short one. Without a length it goes chunked. It is not
    /// called where the answer has no body: to HEAD, with 204 and 304.
    case stream(
        status: Int, headers: Headers, length: Int64?,
        @Sendable (ResponseWriter) async throws -> Void)
    /// Answers a WebSocket handshake that `WebSocketHandshake.accept` has agreed to. The connection
    /// is closed when the closure returns.
    case webSocket(protocol: String?, @Sendable (WebSocket) async -> Void)
    /// 101 with these headers (`upgrade` among them), then the bare bytes of the connection.
    case upgrade(headers: Headers, @Sendable (any ByteStream) async -> Void)
    /// 101 with these headers (`upgrade` among them), then the connection itself, not started, with
    /// what came behind the request: the server forgets it. Called on its loop;
    /// whoever takes it starts it before returning.
    case handOver(headers: Headers, @Sendable (any ByteChannel, _ early: [UInt8]) -> Void)
    /// Passes the request on; see `Proxy`.
    case proxy(Upstream, ProxyPolicy)

    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        case `static`(StaticBytes)

        package var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .static(let bytes): bytes.count
            }
        }
    }
}

extension Response {
    /// Takes a connection over whose client has asked for a WebSocket, as the bytes inside it.
    /// - Parameter name: the sub-protocol that is agreed on; must be one that was offered.
    package static func webSocketChannel(
        _ head: RequestHead, protocol name: String?,
        _ take: @escaping @Sendable (WebSocketChannel) -> Void
    ) -> Response {
        do throws(HTTPFault) {
            var headers = WebSocketHandshake.headers(
                try WebSocketHandshake.accept(head), choosing: name)
            headers[Header.upgrade] = "websocket"
            return .handOver(headers: headers) { channel, early in
                take(WebSocketChannel(channel, role: .server, early: early))
            }
        } catch { return WebSocketHandshake.refusal(error) }
    }

    package static func json(
        _ value: some JSONWritable, status: Int = 200, headers: Headers = Headers()
    ) -> Response {
        bytes(value.json, type: "application/json", status: status, headers: headers)
    }

    package static func problem(_ problem: Problem, headers: Headers = Headers()) -> Response {
        bytes(
            problem.json, type: "application/problem+json", status: problem.status,
            headers: headers)
    }

    package static func text(
        _ text: String, status: Int = 200, headers: Headers = Headers()
    ) -> Response {
        bytes(
            Array(text.utf8), type: "text/plain; charset=utf-8", status: status, headers: headers)
    }

    package static func html(
        _ text: String, status: Int = 200, headers: Headers = Headers()
    ) -> Response {
        bytes(Array(text.utf8), type: "text/html; charset=utf-8", status: status, headers: headers)
    }

    package static func empty(_ status: Int = 204, headers: Headers = Headers()) -> Response {
        .full(status: status, headers: headers, body: .none)
    }

    package static func redirect(to location: String, status: Int = 303) -> Response {
        empty(status, headers: [Header.location: location])
    }

    package static func bytes(
        _ bytes: [UInt8], type: String, status: Int = 200, headers: Headers = Headers()
    ) -> Response {
        var headers = headers
        if !headers.contains(Header.contentType) { headers.add(Header.contentType, type) }
        return .full(status: status, headers: headers, body: .bytes(bytes))
    }
}
