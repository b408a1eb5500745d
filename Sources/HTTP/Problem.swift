package import Basics

/// What the house says to the outside when something is refused (RFC 9457), sent as
/// `application/problem+json`.
package struct Problem: Error, Sendable, Equatable, JSONWritable {
    /// `/problems/conflict`: stable, documented, linkable.
    package var type: String
    /// The same for every occurrence of `type`.
    package var title: String
    package var status: Int
    /// This occurrence, in a sentence that says what to do; safe to show.
    package var detail: String?
    /// The id of the request, for the log.
    package var instance: String?
    /// What is wrong with single fields of the body.
    package var fields: [String: String]
    /// Seconds to wait before another try; sent as a header.
    package var retryAfter: Int?

    package init(
        type: String, title: String, status: Int, detail: String? = nil, instance: String? = nil,
        fields: [String: String] = [:]
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.instance = instance
        self.fields = fields
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("type", type)
            json.field("title", title)
            json.field("status", status)
            json.field("detail", detail)
            json.field("instance", instance)
            guard !fields.isEmpty else { return }
            json.object("fields") { json in
                for (name, reason) in fields.sorted(by: { $0.key < $1.key }) {
                    json.field(name, reason)
                }
            }
        }
    }
}

/// One function a type, so that no two places invent two words for the same refusal.
extension Problem {
    package static func notFound(_ what: String) -> Problem {
        Problem(
            type: "/problems/not-found", title: "Not found", status: 404,
            detail: "\(what) does not exist, or you may not see it.")
    }

    package static func malformed(_ detail: String) -> Problem {
        Problem(type: "/problems/malformed", title: "Malformed", status: 400, detail: detail)
    }

    package static func invalid(_ field: String, _ reason: String) -> Problem {
        Problem(
            type: "/problems/invalid", title: "Invalid", status: 422, detail: "\(field) \(reason).",
            fields: [field: reason])
    }

    package static func conflict(_ detail: String) -> Problem {
        Problem(type: "/problems/conflict", title: "Conflict", status: 409, detail: detail)
    }

    package static func precondition(_ detail: String) -> Problem {
        Problem(
            type: "/problems/precondition", title: "Changed meanwhile", status: 412, detail: detail)
    }

    package static let unauthenticated = Problem(
        type: "/problems/unauthenticated", title: "Not signed in", status: 401,
        detail: "Sign in, or send a valid token.")

    package static func forbidden(_ detail: String) -> Problem {
        Problem(type: "/problems/forbidden", title: "Not allowed", status: 403, detail: detail)
    }

    package static let foreignOrigin = Problem(
        type: "/problems/origin", title: "Foreign origin", status: 403,
        detail: "This call came from a page of another origin.")

    package static func tooLarge(limit: ByteCount) -> Problem {
        Problem(
            type: "/problems/too-large", title: "Too large", status: 413,
            detail: "At most \(limit.bytes) bytes are taken here.")
    }

    package static func throttled(_ detail: String) -> Problem {
        Problem(
            type: "/problems/throttled", title: "Too many attempts", status: 429, detail: detail)
    }

    package static func busy(_ detail: String) -> Problem {
        Problem(type: "/problems/busy", title: "Try again", status: 503, detail: detail)
    }

    package static let storage = Problem(
        type: "/problems/storage", title: "Storage fault", status: 500,
        detail: "The database could not be read or written; the log says why.")

    package static func upstream(_ detail: String) -> Problem {
        Problem(
            type: "/problems/upstream", title: "Instance does not answer", status: 502,
            detail: detail)
    }

    package static func timeout(_ detail: String) -> Problem {
        Problem(type: "/problems/timeout", title: "No answer in time", status: 504, detail: detail)
    }
}
