//! Features in words.

use crate::{
    plan::{LayerId, Text},
    review::ground::FeatureName,
};

pub(super) fn joined(texts: Vec<Text>) -> Text {
    let join = |of: fn(&Text) -> &str, with: &str| texts.iter().map(of).collect::<Vec<_>>().join(with);
    Text { zh: join(|text| &text.zh, "；"), en: join(|text| &text.en, "; ") }
}

/// What a feature is called: its name, else its code, else its id.
fn label(feature: &FeatureName) -> String {
    match (&feature.name, &feature.code) {
        (Some(name), Some(code)) => format!("{name}（{code}）"),
        (Some(only), None) | (None, Some(only)) => only.clone(),
        (None, None) => format!("{} {}", feature.layer, feature.id),
    }
}

/// The features by layer: at most three of each by name.
pub(super) fn listed<'f>(features: impl Iterator<Item = &'f FeatureName>) -> Text {
    let mut layers: Vec<(&LayerId, &Text, Vec<String>)> = Vec::new();
    for feature in features {
        match layers.iter_mut().find(|(layer, _, _)| **layer == feature.layer) {
            Some((_, _, names)) => names.push(label(feature)),
            None => layers.push((&feature.layer, &feature.layer_title, vec![label(feature)])),
        }
    }
    let join = |title: fn(&Text) -> &String, with: &str| {
        let of_layer = layers.iter().map(|(_, layer_title, names)| {
            let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(with);
            let more = if names.len() > 3 { format!(" … ({})", names.len()) } else { String::new() };
            format!("{} {shown}{more}", title(layer_title))
        });
        of_layer.collect::<Vec<_>>().join(with)
    };
    Text { zh: join(|title| &title.zh, "、"), en: join(|title| &title.en, ", ") }
}
