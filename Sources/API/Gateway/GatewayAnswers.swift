import Basics
import HTTP
import Site

/// What the editors' and the pages' origin say themselves: a page for people, a problem for scripts.
struct GatewayAnswers: Sendable {
    enum Notice: Sendable {
        case unknownHost(String)
        case notFound
        case signIn
        case notRunning(name: String, state: String)
        /// A device to which there is no way.
        case notConnected(name: String, Distance)
        /// Signed in, and not allowed.
        case mayNot
        case forbidden
        case throttled(seconds: Int)
        case failed
    }

    /// Why there is no way to a device.
    enum Distance: Sendable {
        case neverEnrolled, offline, silent
        /// In its own words.
        case said(String)

        func words(german: Bool) -> String {
            switch self {
            case .neverEnrolled:
                german ? "es wurde noch nicht angemeldet" : "it has not enrolled yet"
            case .offline: german ? "es ist getrennt" : "it is offline"
            case .silent: german ? "es antwortet nicht" : "it does not answer"
            case .said(let text): text
            }
        }
    }

    let origins: SiteOrigins

    /// - Parameter platform: origin of the platform, for the link back; `nil` where the host that
    ///   was called is not ours.
    func answer(
        _ notice: Notice, to request: Request, platform: String?, path: String = "/"
    ) -> Response {
        let problem = problem(notice)
        var headers: Headers = [
            Header.cacheControl: "no-store", Header.xContentTypeOptions: "nosniff",
        ]
        if case .throttled(let seconds) = notice { headers.add(Header.retryAfter, "\(seconds)") }
        guard request.headers[Header.accept]?.contains("text/html") == true else {
            return .problem(problem, headers: headers)
        }
        let german = request.headers["accept-language"]?.lowercased().hasPrefix("de") == true
        let words = words(notice, german: german)
        let link = platform.map { platform in
            "<p><a href=\"\(Self.escaped(platform + path))\" target=\"_top\">"
                + (german ? "Zu Lineside" : "Go to Lineside") + "</a></p>"
        }
        headers.add(
            Header.contentSecurityPolicy,
            "default-src 'none'; frame-ancestors 'self' \(platform ?? "")")
        let html = """
            <!doctype html><html lang="\(german ? "de" : "en")"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width"><meta name="color-scheme" \
            content="light dark"><title>\(Self.escaped(words.title))</title></head>
            <body><h1>\(Self.escaped(words.title))</h1><p>\(Self.escaped(words.text))</p>
            \(link ?? "")</body></html>
            """
        return .html(html, status: problem.status, headers: headers)
    }

    private func problem(_ notice: Notice) -> Problem {
        switch notice {
        case .unknownHost(let host):
            Problem(
                type: "/problems/misdirected", title: "Unknown host", status: 421,
                detail: Self.unknownHost(host))
        case .notFound: .notFound("This page")
        case .signIn: .unauthenticated
        case .notRunning(let name, let state): .busy("\(name) is \(state). Start it in Lineside.")
        case .notConnected(let name, let distance):
            .busy("\(name) cannot be reached: \(distance.words(german: false)).")
        case .mayNot: .forbidden("Your role does not include changing this device.")
        case .forbidden: .foreignOrigin
        case .throttled: .throttled("Wait a minute, then try again.")
        case .failed: .storage
        }
    }

    private static func unknownHost(_ host: String) -> String {
        "This site is not known as \(host). Add it to names: in the configuration file, then restart."
    }

    private func words(_ notice: Notice, german: Bool) -> (title: String, text: String) {
        switch notice {
        case .unknownHost(let host):
            german
                ? (
                    "Unbekannter Name",
                    "Dieser Standort heißt nicht \(host). Tragen Sie den Namen in der "
                        + "Konfigurationsdatei unter names: ein und starten Sie neu."
                )
                : ("Unknown host", Self.unknownHost(host))
        case .notFound:
            german
                ? ("Nicht gefunden", "Unter dieser Adresse gibt es nichts.")
                : ("Not found", "There is nothing at this address.")
        case .signIn:
            german
                ? ("Nicht angemeldet", "Öffnen Sie diese Seite aus Lineside heraus.")
                : ("Not signed in", "Open this page from Lineside.")
        case .notRunning(let name, let state):
            german
                ? ("\(name) läuft nicht", "Zustand: \(state). Starten Sie die Instanz in Lineside.")
                : ("\(name) is not running", "State: \(state). Start the instance in Lineside.")
        case .notConnected(let name, let distance):
            german
                ? (
                    "\(name) ist nicht erreichbar",
                    "Kein Weg zum Gerät: \(distance.words(german: true)). Versuchen Sie es wieder, "
                        + "sobald es in Lineside als verbunden erscheint."
                )
                : (
                    "\(name) cannot be reached",
                    "No way to the device: \(distance.words(german: false)). Try again once "
                        + "Lineside shows it as connected."
                )
        case .mayNot:
            german
                ? ("Nicht erlaubt", "Ihre Rolle erlaubt nicht, dieses Gerät zu ändern.")
                : ("Not allowed", "Your role does not include changing this device.")
        case .forbidden:
            german
                ? ("Nicht erlaubt", "Dieser Aufruf kam von einer Seite einer anderen Herkunft.")
                : ("Not allowed", "This call came from a page of another origin.")
        case .throttled:
            german
                ? ("Zu viele Versuche", "Warten Sie eine Minute.")
                : ("Too many attempts", "Wait a minute, then try again.")
        case .failed:
            german
                ? ("Fehler", "Das Protokoll nennt den Grund.")
                : ("Fault", "The log says why.")
        }
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for letter in text {
            switch letter {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(letter)
            }
        }
        return result
    }
}
