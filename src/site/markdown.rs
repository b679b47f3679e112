//! Descriptions: Markdown to HTML in which nothing that was written can run.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, html as writer};

/// Renders Markdown. HTML in it is shown as text, links lead to the web or within the site, and pictures are
/// those of the project's own assets.
pub(super) fn html(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let safe = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if leads_somewhere(&dest_url) { dest_url } else { CowStr::Borrowed("#") };
            let link_type = if link_type == LinkType::Email { LinkType::Inline } else { link_type };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            let own = !dest_url.contains(':') && !dest_url.starts_with("//");
            let dest_url = if own { dest_url } else { CowStr::Borrowed("") };
            Event::Start(Tag::Image { link_type, dest_url, title, id })
        }
        event => event,
    });
    let mut out = String::new();
    writer::push_html(&mut out, safe);
    out
}

fn leads_somewhere(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme {
        Some(scheme) => matches!(scheme.as_str(), "http" | "https" | "mailto"),
        None => !url.starts_with("//"),
    }
}
