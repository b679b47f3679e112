//! Which warnings count as errors and which are not shown: `--warn-error` and `--warn-error-options`.

use crate::diagnostic::Code;

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// It is shown.
    Warn,
    /// It stops the command, or fails the node it is about.
    Error,
    /// It is not shown.
    Silence,
}

/// What `--warn-error` and `--warn-error-options` say, by dbt's names of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Events that are errors; `all` or `*` means every one.
    pub error: Vec<String>,
    /// Events that stay warnings although `error` has them.
    pub warn: Vec<String>,
    /// Events that are not shown.
    pub silence: Vec<String>,
}

impl Policy {
    /// `--warn-error`: every warning is an error.
    pub fn strict() -> Self {
        Self { error: vec!["all".to_owned()], ..Self::default() }
    }

    /// What becomes of a warning with this code.
    pub fn treat(&self, code: Code) -> Treatment {
        self.judge(event_name(code).0, code.id())
    }

    /// Whether tests that should warn fail instead.
    pub fn fails_warning_tests(&self) -> bool {
        self.treat_event("LogTestResult") == Treatment::Error
    }

    /// What becomes of an event with this name of dbt's.
    pub fn treat_event(&self, event: &str) -> Treatment {
        self.judge(event, event)
    }

    fn judge(&self, event: &str, id: &str) -> Treatment {
        let is_meant =
            |name: &String| name == event || name == id || (name == "Deprecations" && is_deprecation(event));
        let names = |list: &[String]| list.iter().any(is_meant);
        if names(&self.silence) {
            Treatment::Silence
        } else if names(&self.warn) {
            Treatment::Warn
        } else if names(&self.error) || self.errors_by_default() {
            Treatment::Error
        } else {
            Treatment::Warn
        }
    }

    fn errors_by_default(&self) -> bool {
        self.error.iter().any(|name| matches!(name.as_str(), "all" | "*"))
    }
}

pub(super) fn is_deprecation(event: &str) -> bool {
    event.ends_with("Deprecation")
}

/// dbt's name and code for the event that a warning is.
pub fn event_name(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::SelectorEmpty => ("NoNodesForSelectionCriteria", "M030"),
        Code::UnusedConfigPath => ("UnusedResourceConfigPath", "I051"),
        Code::PropertiesNotFound => ("NoNodeForYamlKey", "I058"),
        Code::RefNotFound | Code::RefDisabled | Code::SourceNotFound => ("NodeNotFoundOrDisabled", "I060"),
        Code::WarnedByTemplate => ("JinjaLogWarning", "I061"),
        Code::MacroNotFound => ("MacroNotFoundForPatch", "I059"),
        Code::YamlInvalidValue => ("InvalidValueForField", "I008"),
        Code::YamlUnknownKey => ("CustomKeyInObjectDeprecation", "D027"),
        Code::UnknownConfig => ("CustomKeyInConfigDeprecation", "D026"),
        Code::DuplicateProperties => ("DuplicateYAMLKeysDeprecation", "D024"),
        Code::MicrobatchUnfiltered => ("MicrobatchModelNoEventTimeInputs", "I074"),
        Code::PackageUnpinned => ("DepsUnpinned", "M029"),
        Code::PackageRedirected => ("PackageRedirectDeprecation", "D001"),
        Code::SecretNotAllowed => ("DepsScrubbedPackageName", "M035"),
        Code::ModelDeprecated => ("DeprecatedModel", "I065"),
        Code::ReferenceDeprecatedLater => ("UpcomingReferenceDeprecation", "I066"),
        Code::ReferenceDeprecated => ("DeprecatedReference", "I067"),
        Code::ConstraintIgnored => ("UnsupportedConstraintMaterialization", "I068"),
        Code::SemanticDoubtful | Code::SemanticInvalid => ("SemanticValidationFailure", "I070"),
        Code::FreshnessUnknown => ("FreshnessConfigProblem", "I073"),
        Code::StateOverwritten => ("WarnStateTargetEqual", "I072"),
        Code::ContractBroken => ("UnversionedBreakingChange", "I071"),
        Code::SeedNotCompared => ("SeedExceedsLimitSamePath", "I053"),
        Code::Deprecated => ("InternalDeprecation", "D008"),
        _ => ("ValidationWarning", "I009"),
    }
}
