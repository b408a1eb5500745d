import Basics
import Domain
import HTTP
package import Site

/// What the editors' and the pages' origin have in common: finding the instance that a path names,
/// turning a one-time code into a cookie, and passing a request on with our marks on it.
package struct Gateway: Sendable {
    let origins: SiteOrigins
    let doorkeeper: Doorkeeper
    let directory: any InstanceDirectory
    let sockets: OpenSockets
    let answers: GatewayAnswers

    package init(
        origins: SiteOrigins, doorkeeper: Doorkeeper, directory: any InstanceDirectory,
        sockets: OpenSockets
    ) {
        self.origins = origins
        self.doorkeeper = doorkeeper
        self.directory = directory
        self.sockets = sockets
        answers = GatewayAnswers(origins: origins)
    }

    /// Headers that only we may set towards Node-RED.
    static let tokenHeader = "x-lineside-token"
    static let pageHeader = "x-lineside-page"
    static let codePath = "/lineside/open"
    /// Bytes: a code is 43 letters.
    private static let codeBody = ByteCount(512)

    /// `POST /lineside/open` with `code` in a form, from a page of the platform.
    func open(
        _ request: Request, side: SiteOrigins.Side, called: Authority, root: (String) -> String
    ) async -> Response {
        let platform = origins.origin(of: .platform, for: called)
        guard request.method == .post, request.headers[Header.origin] == platform else {
            return answers.answer(.forbidden, to: request, platform: platform)
        }
        let body: [UInt8]
        do throws(BodyFault) {
            body = try await request.body.collect(upTo: Self.codeBody)
        } catch { return .problem(error.problem) }
        guard let code = FormBody(body)?.first("code"),
            let (passage, cookie) = doorkeeper.redeem(code: code, side: side)
        else { return answers.answer(.signIn, to: request, platform: platform) }
        let name = GatewayTicket.cookieName(side, slug: passage.slug)
        var answer: Headers = [
            Header.location: root(passage.slug) + passage.path.dropFirst(),
            Header.cacheControl: "no-store",
        ]
        answer.add(
            Header.setCookie, "\(name)=\(cookie); Path=/; Secure; HttpOnly; SameSite=Strict")
        return .empty(303, headers: answer)
    }

    /// The value of the cookie that this side keeps for an instance.
    func ticketCookie(
        _ request: Request, side: SiteOrigins.Side, slug: String
    ) -> String? {
        CookieHeader(request.headers).first(GatewayTicket.cookieName(side, slug: slug))
    }

    func provenance(_ request: Request) -> RequestProvenance {
        RequestProvenance(
            origin: request.headers[Header.origin], site: request.headers[Header.secFetchSite],
            mode: request.headers["sec-fetch-mode"], isSafeMethod: request.method.isSafe,
            isUpgrade: request.head.upgrade != nil)
    }

    /// Takes our own marks and cookies out of what a client sent.
    static func clean(_ headers: inout Headers) {
        headers.remove(tokenHeader)
        headers.remove(pageHeader)
        let cookies = CookieHeader(headers).without(prefix: "__Host-lineside")
        headers[Header.cookie] = cookies
    }
}

/// The `Cookie` header of a request.
struct CookieHeader: Sendable {
    private let pairs: [(name: String, value: String)]

    init(_ headers: Headers) {
        pairs = headers.all(Header.cookie).flatMap { $0.split(separator: ";") }.compactMap { part in
            let part = part.drop { $0 == " " }
            guard let equals = part.firstIndex(of: "=") else { return nil }
            return (String(part[..<equals]), String(part[part.index(after: equals)...]))
        }
    }

    /// `nil` also where the name stands twice: one of the two was planted.
    func first(_ name: String) -> String? {
        let found = pairs.filter { $0.name == name }
        return found.count == 1 ? found[0].value : nil
    }

    /// The header for an instance; `nil` when nothing is left.
    func without(prefix: String) -> String? {
        let prefix = prefix.lowercased()
        let left = pairs.filter { !$0.name.lowercased().hasPrefix(prefix) }
        return left.isEmpty ? nil : left.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }
}
