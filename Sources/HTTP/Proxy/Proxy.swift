import Basics

/// Passes requests on to an instance: taken apart, checked and written anew, never copied.
package struct Proxy: Sendable {
    private let client: HTTPClient
    private let connectTimeout: Duration

    package init(client: HTTPClient, connectTimeout: Duration = .seconds(5)) {
        self.client = client
        self.connectTimeout = connectTimeout
    }

    /// The upstream's answer, or ours where it has none. Bodies stream both ways; how fast is up
    /// to the slower side.
    package func forward(
        _ request: Request, to upstream: Upstream, policy: ProxyPolicy
    ) async -> Response {
        let upgrade = request.head.upgrade == "websocket" ? "websocket" : nil
        var headers = Self.requestHeaders(request)
        policy.rewriteRequestHeaders(&headers)
        let body: ClientRequest.Body =
            request.head.framing == .none ? .none : .stream(request.body, request.head.framing)
        let outgoing = ClientRequest(
            request.method, request.target.raw, headers: headers, body: body, upgrade: upgrade)
        do throws(ClientFault) {
            let exchange = try await client.start(
                outgoing, to: upstream, connectTimeout: connectTimeout,
                idleTimeout: policy.idleTimeout)
            return try Self.response(exchange, request, policy)
        } catch { return Self.failure(error, request) }
    }

    static func requestHeaders(_ request: Request) -> Headers {
        var headers = request.headers
        let host = headers[Header.host]
        HopByHop.remove(from: &headers)
        // What a client says about where it comes from is what it wants us to believe.
        headers.removeAll { name in
            switch name {
            case "forwarded", "x-real-ip": true
            default: name.starts(with: "x-forwarded-")
            }
        }
        // A client may have named it in `Connection`.
        if let host, !headers.contains(Header.host) { headers.add(Header.host, host) }
        headers.add(Header.xForwardedFor, request.peer.address)
        headers.add(Header.xForwardedProto, request.secure ? "https" : "http")
        if let host { headers.add(Header.xForwardedHost, host) }
        return headers
    }

    private static func response(
        _ exchange: ClientExchange, _ request: Request, _ policy: ProxyPolicy
    ) throws(ClientFault) -> Response {
        var head = exchange.head
        let announced = head.headers[Header.contentLength].flatMap { Int64($0) }
        if head.status == 101 { return upgraded(exchange, policy) }
        HopByHop.remove(from: &head.headers)
        InstanceHeaders.filter(&head.headers)
        policy.filterResponse(&head)
        let (status, headers, framing) = (head.status, head.headers, exchange.head.framing)
        if framing == .none {
            guard request.method == .head else {
                return .full(status: status, headers: headers, body: .none)
            }
            // How long the answer to GET would be, if the upstream said so.
            return .stream(status: status, headers: headers, length: announced) { _ in }
        }
        if let body = try exchange.wholeBody() {
            return .full(status: status, headers: headers, body: .bytes(body))
        }
        return .stream(status: status, headers: headers, length: framing.declaredLength) { writer in
            try await withTaskCancellationHandler {
                while let bytes = try await exchange.next() { try await writer.write(bytes) }
            } onCancel: {
                exchange.cancel()
            }
        }
    }

    private static func upgraded(_ exchange: ClientExchange, _ policy: ProxyPolicy) -> Response {
        var headers = exchange.head.headers
        HopByHop.remove(from: &headers)
        InstanceHeaders.filter(&headers)
        headers[Header.upgrade] = "websocket"
        let (stream, early) = exchange.takeUpgraded()
        stream.limitIdle(to: nil)
        return .upgrade(headers: headers) { client in
            await Splice.run(client: client, upstream: stream, early: early, policy: policy)
        }
    }

    private static func failure(_ fault: ClientFault, _ request: Request) -> Response {
        let problem: Problem =
            switch fault {
            case .unreachable:
                .upstream("The instance does not take connections. Is it running?")
            case .timedOut: .timeout("The instance took too long to answer.")
            case .incomplete: .upstream("The instance ended the connection before it answered.")
            case .malformed(let reason):
                .upstream("The instance answered with something that is not HTTP: \(reason).")
            case .tooLarge, .notUpgraded: .upstream("The instance answered otherwise than asked.")
            }
        return failure(problem, request)
    }

    /// For people a page, for programs a problem.
    static func failure(_ problem: Problem, _ request: Request) -> Response {
        var problem = problem
        problem.instance = request.id
        var headers: Headers = [Header.cacheControl: "no-store"]
        guard request.headers.tokens(Header.accept).contains(where: { $0.hasPrefix("text/html") })
        else { return .problem(problem, headers: headers) }
        headers.add(Header.contentSecurityPolicy, "default-src 'none'")
        let page = """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><title>\(problem.title)</title>
            <h1>\(problem.title)</h1>
            <p>\(problem.detail ?? "")</p>
            <p>Reference: \(problem.instance ?? "")</p>
            </html>

            """
        return .html(page, status: problem.status, headers: headers)
    }
}
