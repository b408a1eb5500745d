/// What a person says about the plant.
package struct SiteSettings: Sendable, Equatable {
    package var name: Name<SiteSettings>
    /// Of new users and of what the appliance says before anybody signed in.
    package var language: Language
    package var timeZone: TimeZoneName

    package init(name: Name<SiteSettings>, language: Language, timeZone: TimeZoneName) {
        self.name = name
        self.language = language
        self.timeZone = timeZone
    }
}
