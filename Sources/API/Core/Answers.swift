import Basics
package import HTTP

/// What a handler returns: a view, and how it is answered.
package protocol APIAnswer: Sendable {
    static var status: Int { get }
    /// `nil`: no body.
    static var schema: Schema? { get }
    var response: Response { get }
}

/// 200 with the view.
package struct Found<View: APIView>: APIAnswer {
    private let view: View
    private let headers: Headers
    package init(_ view: View, headers: Headers = Headers()) {
        self.view = view
        self.headers = headers
    }
    package static var status: Int { 200 }
    package static var schema: Schema? { View.schema }
    package var response: Response { .json(view, headers: headers) }
}

/// 201 with the view and where it is from now on.
package struct Created<View: APIView>: APIAnswer {
    private let view: View
    private let location: String
    private let headers: Headers
    package init(_ view: View, at location: String, headers: Headers = Headers()) {
        self.view = view
        self.location = location
        self.headers = headers
    }
    package static var status: Int { 201 }
    package static var schema: Schema? { View.schema }
    package var response: Response {
        var headers = headers
        headers.add(Header.location, location)
        return .json(view, status: 201, headers: headers)
    }
}

/// 202: it was taken on; the view says how far it is.
package struct Accepted<View: APIView>: APIAnswer {
    private let view: View
    private let location: String?
    /// - Parameter location: where to look how far it is.
    package init(_ view: View, at location: String? = nil) {
        self.view = view
        self.location = location
    }
    package static var status: Int { 202 }
    package static var schema: Schema? { View.schema }
    package var response: Response {
        var headers = Headers()
        if let location { headers.add(Header.location, location) }
        return .json(view, status: 202, headers: headers)
    }
}

/// 204.
package struct Done: APIAnswer {
    private let headers: Headers
    package init(headers: Headers = Headers()) { self.headers = headers }
    package static var status: Int { 204 }
    package static var schema: Schema? { nil }
    package var response: Response { .empty(204, headers: headers) }
}
