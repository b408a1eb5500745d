import Basics
import Glibc
import HTTP

/// A call to the appliance that runs on a state directory, over its admin socket. One connection a
/// call, and blocking: a command has nothing else to do meanwhile.
struct AdminSocket: Sendable {
    let state: StatePaths

    /// What goes along with a call.
    enum Payload: Sendable {
        case none
        case json(JSONObject)
        /// A file as it is, read while it is sent.
        case file(String)
    }

    /// - Parameter path: with its query, percent-coded.
    /// - Returns: The answer's JSON; `null` where it has none.
    func call(
        _ method: Method, _ path: String, _ payload: Payload = .none
    ) throws(CommandFailure) -> JSONValue {
        let socket = try connect()
        do throws(SystemError) {
            try send(method, path, payload, to: socket)
        } catch {
            // It may have refused before it had everything: then its answer says why.
            guard error.code == EPIPE || error.code == ECONNRESET else {
                throw CommandFailure("\(error)")
            }
        }
        let (status, body) = try answer(to: method, from: socket)
        let value: JSONValue
        do throws(JSONError) {
            value = body.isEmpty ? .null : try JSONReader.read(body, limit: 64 << 20)
        } catch {
            throw CommandFailure("the appliance answered \(status) with what is no JSON")
        }
        guard status < 400 else { throw CommandFailure(Self.sentence(of: value, status)) }
        return value
    }

    /// Every page of a list.
    func list(_ path: String) throws(CommandFailure) -> [JSONValue] {
        var items: [JSONValue] = []
        var cursor = ""
        while true {
            let separator = path.contains("?") ? "&" : "?"
            let page = try call(.get, "\(path)\(separator)limit=200\(cursor)")
            items += page["items"]?.array ?? []
            guard let next = page["next"]?.string else { return items }
            cursor = "&cursor=\(PercentCoding.encode(next))"
        }
    }

    private func connect() throws(CommandFailure) -> FileDescriptor {
        let path = state.adminSocket
        guard let socket = FileDescriptor(owning: Glibc.socket(AF_UNIX, stream, 0)) else {
            throw CommandFailure("\(SystemError("open a socket"))")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw CommandFailure("the path is too long: \(path)") }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket.raw, $0, size)
            }
        }
        guard code == 0 else {
            switch errno {
            case ENOENT, ECONNREFUSED:
                throw CommandFailure(
                    "no lineside runs on \(state.root); start it, or name its --state")
            case EACCES:
                throw CommandFailure("only root and the appliance's own user may do this")
            default: throw CommandFailure("\(SystemError("connect to \(path)"))")
            }
        }
        return socket
    }

    private var stream: Int32 { Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) }

    private func send(
        _ method: Method, _ path: String, _ payload: Payload, to socket: borrowing FileDescriptor
    ) throws(SystemError) {
        var headers: Headers = ["host": "localhost", "accept": "application/json"]
        switch payload {
        case .none:
            try write(head(method, path, headers, .none), socket)
        case .json(let object):
            headers["content-type"] = "application/json"
            let body = object.json
            try write(head(method, path, headers, .length(Int64(body.count))), socket)
            try write(body, socket)
        case .file(let name):
            headers["content-type"] = "application/gzip"
            guard let file = FileDescriptor(owning: open(name, O_RDONLY | O_CLOEXEC)) else {
                throw SystemError("open \(name)")
            }
            var information = stat()
            guard fstat(file.raw, &information) == 0 else { throw SystemError("read \(name)") }
            guard information.st_mode & S_IFMT == S_IFREG else {
                throw SystemError("read \(name)", code: EINVAL)
            }
            try write(head(method, path, headers, .length(Int64(information.st_size))), socket)
            var left = information.st_size
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while left > 0 {
                let count = Glibc.read(file.raw, &buffer, min(buffer.count, Int(left)))
                if count < 0, errno == EINTR { continue }
                // A file that shrinks meanwhile would leave the other side waiting.
                guard count > 0 else { throw SystemError("read \(name)", code: EIO) }
                left -= off_t(count)
                try write(Array(buffer[0..<count]), socket)
            }
        }
    }

    private func head(
        _ method: Method, _ path: String, _ headers: Headers, _ framing: BodyFraming
    ) throws(SystemError) -> [UInt8] {
        do throws(HTTPFault) {
            return try HeadWriter.request(
                method, target: path, headers: headers, framing: framing, connection: .close)
        } catch { throw SystemError("ask for \(path)", code: EINVAL) }
    }

    private func write(
        _ bytes: [UInt8], _ socket: borrowing FileDescriptor
    ) throws(SystemError) {
        try Files.write(bytes, to: socket, state.adminSocket)
    }

    private func answer(
        to method: Method, from socket: borrowing FileDescriptor
    ) throws(CommandFailure) -> (status: Int, body: [UInt8]) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(socket, state.adminSocket, limit: .mebibytes(64))
        } catch { throw CommandFailure("the appliance broke off: \(error)") }
        var parser = ResponseParser(answering: method)
        var rest = bytes[...]
        do throws(HTTPFault) {
            while true {
                // Not `withUnsafeBytes`: it would lose the type of the error.
                let step = try feed(&parser, Array(rest))
                rest = rest.dropFirst(step.consumed)
                guard let head = step.head else {
                    throw HTTPFault(502, "an answer that ends too early")
                }
                if head.status < 200 { continue }
                var decoder = BodyDecoder(head.framing)
                var body: [UInt8] = []
                try decode(&decoder, Array(rest), into: &body)
                guard decoder.close() else {
                    throw HTTPFault(502, "an answer that ends too early")
                }
                return (head.status, body)
            }
        } catch { throw CommandFailure("the appliance broke off: \(error.reason)") }
    }

    private func feed(
        _ parser: inout ResponseParser, _ bytes: [UInt8]
    ) throws(HTTPFault) -> ResponseParser.Step {
        var result: Result<ResponseParser.Step, HTTPFault> = .failure(HTTPFault(502, ""))
        bytes.withUnsafeBytes { buffer in
            do throws(HTTPFault) { result = .success(try parser.feed(buffer)) } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    private func decode(
        _ decoder: inout BodyDecoder, _ bytes: [UInt8], into body: inout [UInt8]
    ) throws(HTTPFault) {
        var fault: HTTPFault?
        bytes.withUnsafeBytes { buffer in
            do throws(HTTPFault) { _ = try decoder.decode(buffer, into: &body) } catch {
                fault = error
            }
        }
        if let fault { throw fault }
    }

    /// The problem's own sentence, and its fields where it names some.
    private static func sentence(of problem: JSONValue, _ status: Int) -> String {
        let text = problem["detail"]?.string ?? problem["title"]?.string ?? "answer \(status)"
        let fields = problem["fields"]?.object?.members ?? []
        let named = fields.map { "\($0.key) \($0.value.string ?? "")" }
        return named.isEmpty ? text : "\(text) (\(named.joined(separator: "; ")))"
    }
}
