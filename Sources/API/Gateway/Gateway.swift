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
        _ request: Request, side: SiteOrigins.Side, called: Authority,
        place: (Doorkeeper.Passage) -> String
    ) async -> Response {
        let platform = origins.origin(of: .platform, for: called)
        guard request.method == .post, request.headers[Header.origin] == platform else {
            return answers.answer(.forbidden, to: request, platform: platform)
        }
        let form: [String: String]
        do throws(Problem) { form = try await Form.read(request, limit: Self.codeBody) } catch {
            return .problem(error)
        }
        guard let code = form["code"],
            let (passage, cookie) = doorkeeper.redeem(code: code, side: side)
        else { return answers.answer(.signIn, to: request, platform: platform) }
        let name = GatewayTicket.cookieName(side, slug: passage.slug)
        var answer: Headers = [
            Header.location: place(passage),
            Header.cacheControl: "no-store",
        ]
        answer.add(Header.setCookie, SetCookie(name, cookie).text)
        return .empty(303, headers: answer)
    }

    /// The value of the cookie that this side keeps for an instance.
    func ticketCookie(
        _ request: Request, side: SiteOrigins.Side, slug: String
    ) -> String? {
        Cookie.value(GatewayTicket.cookieName(side, slug: slug), in: request.headers)
    }

    /// Sends a browser that has not signed in on this origin through the platform and back; scripts
    /// get a problem.
    /// - Parameters:
    ///   - slug: what is to be opened.
    ///   - back: where in it the browser goes then.
    func signInFirst(
        _ request: Request, platform: String, slug: String, back: String
    ) -> Response {
        let navigation =
            request.method == .get && request.head.upgrade == nil
            && request.headers[Header.accept]?.contains("text/html") == true
        guard navigation else { return .problem(.unauthenticated) }
        let path = PercentCoding.encode(back)
        return .empty(
            303,
            headers: [
                Header.location: "\(platform)/open/pages/\(slug)?path=\(path)",
                Header.cacheControl: "no-store",
            ])
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
        Cookie.remove(from: &headers) { $0.lowercased().hasPrefix("__host-lineside") }
    }
}
