package import Basics
package import Domain
package import HTTP
package import Site
package import Store

/// A request on its way through the house, once it is known who makes it and on what.
package struct RequestContext: Sendable {
    package let request: Request
    package let caller: Caller
    /// Where the thing that the path names hangs; the site where it names none.
    package let path: ScopePath
    /// The host that the client called us by, for the URLs of the other origins; `nil` on the
    /// admin socket.
    package let called: Authority?
    private let parameters: [String: String]
    private let judge: @Sendable () async throws(Problem) -> Void

    /// - Parameter judge: throws where the caller would not be let in any more.
    package init(
        request: Request, caller: Caller, path: ScopePath, called: Authority?,
        parameters: [String: String],
        judge: @escaping @Sendable () async throws(Problem) -> Void = {}
    ) {
        self.judge = judge
        self.request = request
        self.caller = caller
        self.path = path
        self.called = called
        self.parameters = parameters
    }

    package var actor: Actor { caller.actor }

    /// A body takes as long as its sender likes, who may have lost what he came in by meanwhile:
    /// to be asked before something of it is kept.
    func judgeAgain() async throws(Problem) { try await judge() }

    package func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// - Throws: `.notFound` for what cannot be an id: it names nothing.
    package func id<Entity>(_ name: String) throws(Problem) -> Identifier<Entity> {
        guard let id = Identifier<Entity>(parameter(name)) else {
            throw .notFound("This \(name)")
        }
        return id
    }

    package func query(_ name: String) -> String? {
        request.target.first(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `limit`, `cursor` and `query` of a list.
    package func page() throws(Problem) -> PageRequest {
        var limit = 50
        if let text = query("limit") {
            guard let number = Int(text), (1...PageRequest.maximumLimit).contains(number) else {
                throw .invalid("limit", "must be 1 to \(PageRequest.maximumLimit)")
            }
            limit = number
        }
        var cursor: Cursor?
        if let text = query("cursor") {
            cursor = Cursor(text: text)
            guard cursor != nil else { throw .invalid("cursor", "must come from a list’s “next”") }
        }
        return PageRequest(limit: limit, cursor: cursor, query: query("query"))
    }

    /// A moment in the query; `nil` where it is not named.
    package func time(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = query(name) else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw .invalid(name, "must be a time in RFC 3339")
        }
        return moment
    }

    /// The body as a JSON object. No body is an empty one.
    /// - Throws: also where the caller is nobody any more when it has ended.
    func jsonBody(limit: ByteCount) async throws(Problem) -> JSONObject {
        try requireJSON()
        let bytes: [UInt8]
        do throws(BodyFault) { bytes = try await request.body.collect(upTo: limit) } catch {
            throw error.problem
        }
        try await judgeAgain()
        return try Self.object(bytes)
    }

    func requireJSON() throws(Problem) {
        let type = request.headers[Header.contentType]?.lowercased()
        if let type, !type.hasPrefix("application/json"), !type.hasPrefix("application/merge-patch")
        {
            throw Problem(
                type: "/problems/malformed", title: "Malformed", status: 415,
                detail: "Send the body as application/json.")
        }
    }

    static func object(_ bytes: [UInt8]) throws(Problem) -> JSONObject {
        if bytes.isEmpty { return JSONObject() }
        let value: JSONValue
        do throws(JSONError) { value = try JSONReader.read(bytes, limit: bytes.count) } catch {
            throw .malformed("The body \(error.reason.rawValue), at byte \(error.offset).")
        }
        guard let object = value.object else {
            throw .malformed("The body must be a JSON object.")
        }
        return object
    }
}
