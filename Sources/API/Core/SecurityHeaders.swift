package import HTTP
import Site

/// What every answer of the platform's origin carries.
package enum SecurityHeaders {
    /// - Parameter editors: origin of the editors, the only one that a page of ours may frame and
    ///   send a form to, beside that of the pages.
    package static func apply(
        to headers: inout Headers, editors: String?, pages: String?, requestID: String
    ) {
        let forms = ["'self'", editors, pages].compactMap { $0 }.joined(separator: " ")
        let frames = editors ?? "'none'"
        headers.add(
            Header.contentSecurityPolicy,
            "default-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
                + "base-uri 'none'; connect-src 'self'; form-action \(forms); "
                + "frame-src \(frames); frame-ancestors 'none'")
        headers[Header.xContentTypeOptions] = "nosniff"
        headers[Header.crossOriginOpenerPolicy] = "same-origin"
        headers["cross-origin-resource-policy"] = "same-origin"
        // `same-origin` would make the origin of the form that opens an editor "null".
        headers[Header.referrerPolicy] = "strict-origin"
        headers[Header.xFrameOptions] = "DENY"
        headers[Header.xRequestID] = requestID
    }
}
