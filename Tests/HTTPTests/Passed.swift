import Basics
import HTTP

/// A request and its answer, as the server in front of a proxy has them.
enum Passed {
    struct Answer {
        var status: Int
        var headers: Headers
        var length: Int64?
        var body: String
    }

    static func request(
        _ method: HTTP.Method, _ target: String, _ headers: Headers = [:],
        framing: BodyFraming = .none, body: RequestBody? = nil, upgrade: String? = nil
    ) throws -> Request {
        var headers = headers
        if !headers.contains("host") { headers["host"] = "plant:8444" }
        let head = RequestHead(
            method: method, target: try RequestTarget(target), headers: headers, framing: framing,
            upgrade: upgrade)
        return Request(
            head: head, peer: Peer(address: "10.1.2.3"),
            body: body ?? RequestBody(framing: framing), id: "0123456789abcdef", secure: true,
            localPort: 8444)
    }

    static func collect(_ response: Response) async throws -> Answer {
        switch response {
        case .full(let status, let headers, let body):
            var text = ""
            if case .bytes(let bytes) = body { text = String(decoding: bytes, as: UTF8.self) }
            // As the server writes it.
            let length = Int64(body.count)
            return Answer(status: status, headers: headers, length: length, body: text)
        case .stream(let status, let headers, let length, let write):
            let (one, two) = MemoryStream.pair(highWater: .max)
            try await write(
                ResponseWriter { (bytes) throws(StreamFault) in try await one.write(bytes) })
            one.finish()
            var body: [UInt8] = []
            while let bytes = try await two.read() { body += bytes }
            return Answer(
                status: status, headers: headers, length: length,
                body: String(decoding: body, as: UTF8.self))
        default: throw Wire.Gone()
        }
    }
}
