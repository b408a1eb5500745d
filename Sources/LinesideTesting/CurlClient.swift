package import Basics
import Glibc

/// An answer as a client that is not ours saw it.
package struct ClientAnswer: Sendable {
    package let status: Int
    /// Names in lower case, in the order in which they came.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    package var text: String { String(decoding: body, as: UTF8.self) }
    /// `null` where the body is no JSON.
    package var json: JSONValue { (try? JSONReader.read(body, limit: 64 << 20)) ?? .null }

    package subscript(key: String) -> JSONValue { json[key] ?? .null }
}

/// Calls a site with curl: a client of other people's making, over real TLS, as a script would.
/// Keeps the session that a sign-in gave it.
package actor CurlClient {
    /// "https://127.0.0.1:40123"
    package nonisolated let origin: String
    private let directory: TemporaryDirectory
    /// The certificate of the authority that must have signed the server's; `nil`: any will do.
    private let authority: String?
    private var bearer: String?
    private var cookies: [String: String] = [:]
    private var csrf: String?
    private var calls = 0

    package init(_ origin: String, authority: String? = nil, bearer: String? = nil) throws {
        self.origin = origin
        self.authority = authority
        self.bearer = bearer
        directory = try TemporaryDirectory()
    }

    package func get(_ path: String) async throws -> ClientAnswer { try await send("GET", path) }

    package func post(_ path: String, _ body: JSONValue = .null) async throws -> ClientAnswer {
        try await send("POST", path, json: body)
    }

    package func put(_ path: String, _ body: JSONValue) async throws -> ClientAnswer {
        try await send("PUT", path, json: body)
    }

    package func delete(_ path: String, _ body: JSONValue = .null) async throws -> ClientAnswer {
        try await send("DELETE", path, json: body)
    }

    /// Signs in and keeps cookie and token for the calls that follow.
    package func signIn(_ name: String, _ password: String) async throws -> ClientAnswer {
        try await post(
            "/api/v1/session", ["username": .string(name), "password": .string(password)])
    }

    /// - Parameter headers: beside those of the session; a name that stands here wins.
    package func send(
        _ method: String, _ path: String, json: JSONValue = .null, form: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> ClientAnswer {
        calls += 1
        let place = "\(directory.path)/\(calls)"
        var all: [String: String] = ["origin": origin]
        if !cookies.isEmpty {
            all["cookie"] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        }
        if let csrf { all["x-lineside-csrf"] = csrf }
        if let bearer { all["authorization"] = "Bearer \(bearer)" }
        var arguments = [
            "--silent", "--show-error", "--max-time", "240", "--path-as-is", "--request", method,
            "--dump-header", "\(place).head", "--output", "\(place).body",
        ]
        if let authority {
            arguments += ["--cacert", authority]
        } else {
            arguments += ["--insecure"]
        }
        if let form {
            try Files.replace("\(place).form", with: Array(form.utf8))
            all["content-type"] = "application/x-www-form-urlencoded"
            arguments += ["--data-binary", "@\(place).form"]
        } else if !json.isNull {
            try Files.replace("\(place).json", with: json.json)
            all["content-type"] = "application/json"
            arguments += ["--data-binary", "@\(place).json"]
        }
        all.merge(headers) { _, given in given }
        // In a file: an argument list may be read by others, and has an end.
        let lines = all.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
        try Files.replace("\(place).headers", with: Array(lines.utf8))
        arguments += ["--header", "@\(place).headers", "--header", "Expect:"]
        arguments.append(path.hasPrefix("https://") ? path : origin + path)

        let program = try ProgramUnderTest(
            "/usr/bin/curl", arguments, errors: "\(place).err")
        let code = await program.exitStatus()
        guard code == 0 else {
            let reason = (try? Files.read("\(place).err")) ?? []
            throw ClientFailure(
                code: code, reason: String(decoding: reason, as: UTF8.self))
        }
        let answer = try Self.answer(
            head: Files.read("\(place).head"),
            body: Files.exists("\(place).body") ? Files.read("\(place).body") : [])
        keep(answer)
        return answer
    }

    private func keep(_ answer: ClientAnswer) {
        for (name, value) in answer.headers where name == "set-cookie" {
            let pair = value.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            guard pair.count > 0 else { continue }
            cookies[String(pair[0])] = pair.count == 2 ? String(pair[1]) : nil
        }
        if let token = answer["csrf"].string { csrf = token }
    }

    private static func answer(head: [UInt8], body: [UInt8]) throws -> ClientAnswer {
        // The last head: those before it were interim ones.
        let text = String(decoding: head, as: UTF8.self).filter { $0 != "\r" }
        var status = 0
        var headers: [(name: String, value: String)] = []
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("HTTP/") {
                status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                headers = []
            } else if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                headers.append((line[..<colon].lowercased(), String(value)))
            }
        }
        return ClientAnswer(status: status, headers: headers, body: body)
    }
}

/// curl had no answer to give.
package struct ClientFailure: Error, Sendable, CustomStringConvertible {
    /// curl's exit code.
    package let code: Int32
    package let reason: String
    package var description: String { "curl ended with \(code): \(reason)" }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral
{
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(JSONObject(members.map { (key: $0.0, value: $0.1) }))
    }
    package init(stringLiteral text: String) { self = .string(text) }
    package init(booleanLiteral flag: Bool) { self = .bool(flag) }
    package init(integerLiteral number: Int) { self = .number(String(number)) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
