import HTTP
import Site
import Synchronization

/// What every answer of the platform's origin carries.
final class SecurityHeaders: Sendable {
    /// More names than a site is called by; each spelling of one counts.
    private static let capacity = 64

    private let origins: SiteOrigins?
    /// By the authority that was called: made once, since no two answers there differ in it.
    private let blocks = Mutex<[String: Headers]>([:])

    /// - Parameter origins: `nil` where there is no browser.
    init(origins: SiteOrigins?) { self.origins = origins }

    func apply(to headers: inout Headers, called: Authority?, requestID: String) {
        if !headers.isEmpty {
            for name in Self.replaced where headers.contains(name) { headers.remove(name) }
        }
        headers.add(contentsOf: block(for: called))
        headers[Header.xRequestID] = requestID
    }

    private static let replaced = [
        Header.xContentTypeOptions, Header.crossOriginOpenerPolicy, crossOriginResourcePolicy,
        Header.referrerPolicy, Header.xFrameOptions,
    ]
    private static let crossOriginResourcePolicy = "cross-origin-resource-policy"

    private func block(for called: Authority?) -> Headers {
        let key = called?.host ?? ""
        if let made = blocks.withLock({ $0[key] }) { return made }
        let made = makeBlock(
            editors: called.flatMap { origins?.origin(of: .editors, for: $0) },
            pages: called.flatMap { origins?.origin(of: .pages, for: $0) })
        blocks.withLock { blocks in
            if blocks.count < Self.capacity { blocks[key] = made }
        }
        return made
    }

    /// - Parameter editors: origin of the editors, the only one that a page of ours may frame and
    ///   send a form to, beside that of the pages.
    private func makeBlock(editors: String?, pages: String?) -> Headers {
        let forms = ["'self'", editors, pages].compactMap { $0 }.joined(separator: " ")
        let frames = editors ?? "'none'"
        return [
            Header.contentSecurityPolicy:
                "default-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
                + "base-uri 'none'; connect-src 'self'; form-action \(forms); "
                + "frame-src \(frames); frame-ancestors 'none'",
            Header.xContentTypeOptions: "nosniff",
            Header.crossOriginOpenerPolicy: "same-origin",
            Self.crossOriginResourcePolicy: "same-origin",
            // `same-origin` would make the origin of the form that opens an editor "null".
            Header.referrerPolicy: "strict-origin",
            Header.xFrameOptions: "DENY",
        ]
    }
}
