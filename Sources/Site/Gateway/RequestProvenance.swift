/// Where a browser says that a request comes from (`Origin`, `Sec-Fetch-*`). Cookies ignore ports,
/// so on the editors' origin they arrive with requests that a flow's page made.
package struct RequestProvenance: Sendable, Equatable {
    package let origin: String?
    package let site: String?
    package let mode: String?
    package let isSafeMethod: Bool
    package let isUpgrade: Bool

    package init(
        origin: String?, site: String?, mode: String?, isSafeMethod: Bool, isUpgrade: Bool
    ) {
        self.origin = origin
        self.site = site
        self.mode = mode
        self.isSafeMethod = isSafeMethod
        self.isUpgrade = isUpgrade
    }

    /// Whether a request that rides on a cookie of `own` may pass: anything from the same origin;
    /// from elsewhere only a plain navigation, whose answer the other page cannot read.
    package func maySpendCookie(of own: String) -> Bool {
        if isUpgrade { return origin == own }
        if let origin, origin != own { return false }
        if !isSafeMethod { return origin == own }
        switch site {
        case nil, "same-origin", "none": return true
        default: return mode == "navigate"
        }
    }
}
