import Basics

/// The opening handshake (RFC 6455 §4), both sides; pure.
package enum WebSocketHandshake {
    /// What a server makes of a client's request.
    package struct Accepted: Sendable, Equatable {
        /// For `Sec-WebSocket-Accept`.
        package var accept: String
        /// What the client can speak, in its order.
        package var protocols: [String]
    }

    /// - Throws: 426 for another version, 400 for what is no handshake.
    package static func accept(_ head: RequestHead) throws(HTTPFault) -> Accepted {
        guard head.method == .get, head.upgrade == "websocket", head.framing == .none else {
            throw .malformed("not a WebSocket handshake")
        }
        guard head.headers.all(Header.secWebSocketVersion) == ["13"] else {
            throw HTTPFault(426, "WebSocket version other than 13")
        }
        let keys = head.headers.all(Header.secWebSocketKey)
        guard keys.count == 1, isKey(keys[0]) else { throw .malformed("WebSocket key") }
        return Accepted(
            accept: acceptValue(for: keys[0]),
            protocols: head.headers.all(Header.secWebSocketProtocol).flatMap { value in
                value.split(separator: ",").map { $0.trimmingBlanks() }
            })
    }

    static func refusal(_ fault: HTTPFault) -> Response {
        var headers = Headers()
        if fault.status == 426 { headers[Header.secWebSocketVersion] = "13" }
        let problem = Problem(
            type: "/problems/malformed", title: Status.text(fault.status), status: fault.status,
            detail: fault.reason)
        return .problem(problem, headers: headers)
    }

    /// Headers of the 101; `Connection` and `Upgrade` are the head writer's.
    package static func headers(_ accepted: Accepted, choosing name: String?) -> Headers {
        var headers: Headers = [Header.secWebSocketAccept: accepted.accept]
        if let name { headers.add(Header.secWebSocketProtocol, name) }
        return headers
    }

    package static func makeKey() -> String { base64(Randomness.bytes(16)) }

    package static func requestHeaders(key: String, protocols: [String] = []) -> Headers {
        var headers: Headers = [
            Header.secWebSocketKey: key, Header.secWebSocketVersion: "13",
        ]
        if !protocols.isEmpty {
            headers.add(Header.secWebSocketProtocol, protocols.joined(separator: ", "))
        }
        return headers
    }

    /// What a client makes of the server's 101.
    /// - Returns: the protocol that the server chose.
    package static func verify(
        _ head: ResponseHead, key: String, protocols: [String]
    ) throws(HTTPFault) -> String? {
        guard head.status == 101, head.headers.tokens(Header.connection).contains("upgrade"),
            head.headers.tokens(Header.upgrade) == ["websocket"],
            head.headers.all(Header.secWebSocketAccept) == [acceptValue(for: key)],
            !head.headers.contains(Header.secWebSocketExtensions)
        else { throw HTTPFault(502, "the server did not agree to a WebSocket") }
        let chosen = head.headers.all(Header.secWebSocketProtocol)
        guard chosen.count <= 1, chosen.allSatisfy(protocols.contains) else {
            throw HTTPFault(502, "the server chose a protocol that was not offered")
        }
        return chosen.first
    }

    package static func acceptValue(for key: String) -> String {
        base64(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// 16 bytes of base64: 22 letters and two signs.
    private static func isKey(_ text: String) -> Bool {
        let letters = Array(text.utf8)
        return letters.count == 24 && letters.suffix(2).elementsEqual("==".utf8)
            && letters.dropLast(2).allSatisfy {
                ASCII.isDigit($0) || ASCII.lowercase($0) &- 0x61 < 26 || $0 == UInt8(ascii: "+")
                    || $0 == UInt8(ascii: "/")
            }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let letters = Base64URL.encode(bytes).utf8.map { letter in
            switch letter {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: letter
            }
        }
        return String(decoding: letters, as: UTF8.self)
            + String(repeating: "=", count: (4 - letters.count % 4) % 4)
    }
}
