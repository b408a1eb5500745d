package import Basics
package import Net

/// An answer with its whole body.
package struct ClientResponse: Sendable {
    package let head: ResponseHead
    package let body: [UInt8]
}

/// Requests to upstreams over pooled connections. Callable from any task.
package final class HTTPClient: Sendable {
    private let pool: ConnectionPool
    private let limits: HTTPLimits

    /// - Parameters:
    ///   - maxIdle: connections kept for each upstream.
    ///   - idleLimit: 4 s, since Node.js closes an idle connection after 5 s.
    package init(
        group: EventLoopGroup, limits: HTTPLimits = HTTPLimits(), maxIdle: Int = 32,
        idleLimit: Duration = .seconds(4)
    ) {
        pool = ConnectionPool(group: group, maxIdle: maxIdle, idleLimit: idleLimit)
        self.limits = limits
    }

    package var idleCount: Int { pool.idleCount }

    /// One request, one whole answer.
    /// - Parameters:
    ///   - timeout: for all of it.
    ///   - limit: of the answer's body.
    package func send(
        _ method: Method, _ target: String, headers: Headers = Headers(), body: [UInt8]? = nil,
        to upstream: Upstream, timeout: Duration = .seconds(30),
        limit: ByteCount = .mebibytes(16)
    ) async throws(ClientFault) -> ClientResponse {
        let request = ClientRequest(
            method, target, headers: headers, body: body.map { .bytes($0) } ?? .none)
        let exchange = try await start(
            request, to: upstream, connectTimeout: timeout, idleTimeout: timeout,
            timeout: timeout)
        var bytes: [UInt8] = []
        while let part = try await exchange.next() {
            guard bytes.count + part.count <= limit.bytes else {
                exchange.cancel()
                throw .tooLarge
            }
            if bytes.isEmpty { bytes = part } else { bytes += part }
        }
        return ClientResponse(head: exchange.head, body: bytes)
    }

    /// Sends a request and returns when the head of the answer is here.
    /// - Parameters:
    ///   - idleTimeout: nothing moves in either direction.
    ///   - timeout: from the connection to the end of the answer; `nil`: as long as it moves.
    package func start(
        _ request: ClientRequest, to upstream: Upstream,
        connectTimeout: Duration = .seconds(5), idleTimeout: Duration = .seconds(600),
        timeout: Duration? = nil
    ) async throws(ClientFault) -> ClientExchange {
        let head = try Self.head(request, upstream)
        if let stream = pool.take(upstream) {
            do throws(ClientFault) {
                return try await attempt(request, head, upstream, stream, idleTimeout, timeout)
            } catch {
                // An upstream may close a waiting connection in the moment that we use it.
                guard error == .incomplete, request.isRepeatable else { throw error }
            }
        }
        let stream = try await pool.connect(upstream, timeout: connectTimeout)
        return try await attempt(request, head, upstream, stream, idleTimeout, timeout)
    }

    /// - Parameter timeout: until the handshake is done.
    package func webSocket(
        _ target: String, headers: Headers = Headers(), protocols: [String] = [],
        to upstream: Upstream, timeout: Duration = .seconds(30)
    ) async throws(ClientFault) -> WebSocket {
        let key = WebSocketHandshake.makeKey()
        var all = headers
        for (name, value) in WebSocketHandshake.requestHeaders(key: key, protocols: protocols).pairs
        {
            all.add(name, value)
        }
        let request = ClientRequest(.get, target, headers: all, upgrade: "websocket")
        let exchange = try await start(
            request, to: upstream, connectTimeout: timeout, idleTimeout: timeout)
        guard exchange.head.status == 101 else {
            exchange.cancel()
            throw .notUpgraded(status: exchange.head.status)
        }
        do throws(HTTPFault) {
            _ = try WebSocketHandshake.verify(exchange.head, key: key, protocols: protocols)
        } catch {
            exchange.cancel()
            throw ClientFault(error)
        }
        let (stream, early) = exchange.takeUpgraded()
        stream.limitIdle(to: nil)
        return WebSocket(stream, role: .client, early: early)
    }

    private static func head(
        _ request: ClientRequest, _ upstream: Upstream
    ) throws(ClientFault) -> [UInt8] {
        var headers = request.headers
        if !headers.contains(Header.host) { headers[Header.host] = upstream.authority }
        do throws(HTTPFault) {
            return try HeadWriter.request(
                request.method, target: request.target, headers: headers,
                framing: request.framing,
                connection: request.upgrade.map { .upgrade($0) } ?? .keepAlive)
        } catch { throw ClientFault(error) }
    }

    /// Head and body onto the connection.
    /// - Returns: what of it is still under way.
    private static func upload(
        _ request: ClientRequest, _ head: [UInt8], _ stream: ChannelStream
    ) -> Upload? {
        switch request.body {
        case .none:
            stream.enqueue(head)
            return nil
        case .bytes(let bytes):
            stream.enqueue(head + bytes)
            return nil
        case .stream(let body, let framing):
            stream.enqueue(head)
            return Upload(of: body, framing: framing, to: stream)
        }
    }

    private func attempt(
        _ request: ClientRequest, _ bytes: [UInt8], _ upstream: Upstream, _ stream: ChannelStream,
        _ idleTimeout: Duration, _ timeout: Duration?
    ) async throws(ClientFault) -> ClientExchange {
        stream.limitIdle(to: idleTimeout)
        let deadline = timeout.map { stream.abort(after: $0) }
        let upload = Self.upload(request, bytes, stream)
        do throws(ClientFault) {
            // Whoever asked may go away while the upstream thinks.
            let answer = await withTaskCancellationHandler {
                await Self.head(answering: request, stream, limits)
            } onCancel: {
                stream.abort()
            }
            let (head, rest) = try answer.get()
            let pool = pool
            return ClientExchange(
                head, on: stream, input: rest, upload: upload, deadline: deadline
            ) { stream in pool.put(stream, for: upstream) }
        } catch {
            deadline?.cancel()
            upload?.cancel()
            stream.abort()
            throw error
        }
    }

    private static func head(
        answering request: ClientRequest, _ stream: ChannelStream, _ limits: HTTPLimits
    ) async -> Result<(ResponseHead, [UInt8]), ClientFault> {
        do throws(ClientFault) {
            return .success(try await readHead(request, stream, limits))
        } catch { return .failure(error) }
    }

    private static func readHead(
        _ request: ClientRequest, _ stream: ChannelStream, _ limits: HTTPLimits
    ) async throws(ClientFault) -> (ResponseHead, [UInt8]) {
        var parser = ResponseParser(answering: request.method, limits: limits)
        var interim = 0
        while true {
            let read: [UInt8]?
            do throws(StreamFault) { read = try await stream.read() } catch {
                throw ClientFault(error)
            }
            guard let bytes = read else { throw .incomplete }
            var start = 0
            while start < bytes.count {
                let step: ResponseParser.Step
                do throws(HTTPFault) {
                    step = try parser.feed(bytes, from: start)
                } catch { throw ClientFault(error) }
                start += step.consumed
                guard let head = step.head else { continue }
                if head.status == 101 {
                    guard request.upgrade != nil else { throw .malformed("unasked upgrade") }
                } else if head.status < 200 {
                    interim += 1
                    guard interim <= 8 else { throw .malformed("too many interim answers") }
                    continue
                }
                return (head, start == bytes.count ? [] : Array(bytes[start...]))
            }
        }
    }
}
