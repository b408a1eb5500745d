package import Basics
package import Domain
package import HTTP

/// One method at one path: who may call it, what it takes and gives, and what it does.
package struct Route: Sendable {
    package typealias Refusal = Problem

    /// Where the permission must be held.
    package enum Reach: Sendable, Equatable {
        /// At what the path names (`{instance}`, `{application}`, `{team}` …), else at the site.
        case named
        /// Anywhere: the handler shows only what the caller may see.
        case anywhere
    }

    package enum Admission: Sendable, Equatable {
        case anybody
        case permission(Permission, Reach)
        /// The agent of a device: of the one that the path names, in the team that it names.
        case device
    }

    package let method: HTTP.Method
    /// `/api/v1/teams/{team}`
    package let pattern: String
    package let admission: Admission
    package let summary: String
    package let status: Int
    package let requestSchema: Schema?
    package let responseSchema: Schema?
    /// Names of what the query may hold beside `limit`, `cursor` and `query` of lists.
    package let queryNames: [String]
    package let run: @Sendable (RequestContext) async throws(Problem) -> Response

    /// Takes no body.
    package init<Answer: APIAnswer>(
        _ method: HTTP.Method, _ pattern: String, _ admission: Admission, _ summary: String,
        query: [String] = [],
        _ handler: @escaping @Sendable (RequestContext) async throws(Problem) -> Answer
    ) {
        self.init(
            method, pattern, admission, summary, query: query, request: nil,
            answer: Answer.self
        ) { (context) async throws(Problem) -> Response in try await handler(context).response }
    }

    /// Takes a JSON body of at most `limit` bytes. Large ones are read off the event loop, within
    /// what all of them may take of the memory together.
    package init<Body: APIBody, Answer: APIAnswer>(
        _ method: HTTP.Method, _ pattern: String, _ admission: Admission, _ summary: String,
        query: [String] = [], limit: ByteCount = .mebibytes(1),
        _ handler: @escaping @Sendable (Body, RequestContext) async throws(Problem) -> Answer
    ) {
        self.init(
            method, pattern, admission, summary, query: query, request: Body.schema,
            answer: Answer.self
        ) { (context) async throws(Problem) -> Response in
            if limit > BodyAllowance.ordinary {
                try context.requireJSON()
                return try await BodyAllowance.site.collect(context.request.body, upTo: limit) {
                    (bytes) async throws(Problem) in
                    let body: Body = try await LargeBodyReader.shared.read(bytes).get()
                    return try await handler(body, context).response
                }
            }
            let body = try Body.read(try await context.jsonBody(limit: limit))
            return try await handler(body, context).response
        }
    }

    /// Reads or writes the bare request: uploads, downloads, WebSockets.
    package static func raw(
        _ method: HTTP.Method, _ pattern: String, _ admission: Admission, _ summary: String,
        query: [String] = [],
        _ handler: @escaping @Sendable (RequestContext) async throws(Problem) -> Response
    ) -> Route {
        Route(
            method, pattern, admission, summary, query: query, request: nil, answer: Done.self,
            status: 200, handler)
    }

    /// Reads a JSON body of its own accord, off the event loop, and answers with JSON.
    package static func described<Answer: APIAnswer>(
        _ method: HTTP.Method, _ pattern: String, _ admission: Admission, _ summary: String,
        request: Schema, answer: Answer.Type,
        _ handler: @escaping @Sendable (RequestContext) async throws(Problem) -> Response
    ) -> Route {
        Route(
            method, pattern, admission, summary, query: [], request: request, answer: answer,
            handler)
    }

    private init<Answer: APIAnswer>(
        _ method: HTTP.Method, _ pattern: String, _ admission: Admission, _ summary: String,
        query: [String], request: Schema?, answer: Answer.Type, status: Int? = nil,
        _ run: @escaping @Sendable (RequestContext) async throws(Problem) -> Response
    ) {
        self.method = method
        self.pattern = pattern
        self.admission = admission
        self.summary = summary
        self.status = status ?? Answer.status
        requestSchema = request
        responseSchema = Answer.schema
        queryNames = query
        self.run = run
    }
}

extension Route.Admission {
    /// Held at what the path names.
    package static func needs(_ permission: Permission) -> Route.Admission {
        .permission(permission, .named)
    }

    /// Held somewhere; the handler filters.
    package static func anywhere(_ permission: Permission) -> Route.Admission {
        .permission(permission, .anywhere)
    }
}
