/// A request method; case-sensitive, as RFC 9110 has it.
package enum Method: Sendable, Hashable {
    case get, head, post, put, patch, delete, options
    case other(String)

    package init(_ text: String) {
        self =
            switch text {
            case "GET": .get
            case "HEAD": .head
            case "POST": .post
            case "PUT": .put
            case "PATCH": .patch
            case "DELETE": .delete
            case "OPTIONS": .options
            default: .other(text)
            }
    }

    package var text: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other(let text): text
        }
    }

    /// Sending it twice does what sending it once does (RFC 9110 §9.2.2).
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options: true
        case .post, .patch, .other: false
        }
    }

    /// It changes nothing, so neither `Origin` nor a token has to be checked.
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options: true
        default: false
        }
    }
}
